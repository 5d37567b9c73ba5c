import { once } from "node:events";
import test from "ava";
import { UpgradedSocket } from "../../../src/client/dispatcher/upgraded-socket.ts";
import { gate } from "../../helpers/test-server.ts";

async function* forever(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("tea");
  await new Promise(() => {});
}

test("what is written goes out, what comes in is read, and the other side's end ends both", async (t) => {
  const cut = gate();
  const socket = new UpgradedSocket(() => cut.open()).open(
    (async function* () {
      yield Buffer.from("tea");
    })(),
  );
  socket.write("milk");
  t.is(
    String(
      await socket.outgoing[Symbol.asyncIterator]()
        .next()
        .then(({ value }) => value as Buffer),
    ),
    "milk",
  );
  const chunks: unknown[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(String(chunk)));
  await once(socket, "close");
  await cut.promise;
  t.deepEqual(chunks, ["tea"]);
});

test("an end of ours lets the other side answer, then cuts it", async (t) => {
  t.timeout(20_000);
  const cut = gate();
  const socket = new UpgradedSocket(() => cut.open()).open(forever());
  const closed = once(socket, "close");
  socket.end("milk");
  socket.resume();
  t.is(String((await socket.outgoing.toArray())[0]), "milk");
  await Promise.all([cut.promise, closed]);
  t.true(socket.destroyed);
});

test("a connection that breaks destroys it by its error", async (t) => {
  const socket = new UpgradedSocket(() => {}).open(
    // oxlint-disable-next-line require-yield -- it breaks before
    (async function* (): AsyncGenerator<Uint8Array> {
      throw new Error("broken");
    })(),
  );
  socket.resume();
  const [error] = (await once(socket, "error")) as [Error];
  t.is(error.message, "broken");
  t.true(socket.outgoing.destroyed);
});
