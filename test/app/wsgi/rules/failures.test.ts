/** PEP 3333, applications that fail: rules 50 to 52. */
import test from "ava";
import { wsgi, type WsgiEnviron } from "../../../../src/app/index.ts";
import { get, RawClient, valuesOf } from "../../../helpers/raw-client.ts";
import { gate, startServer } from "../../../helpers/test-server.ts";
import { returning, run, type Start } from "../../../helpers/wsgi-run.ts";

for (const [about, application] of [
  [
    "throws",
    () => {
      throw new Error("secret");
    },
  ],
  ["rejects", () => Promise.reject(new Error("secret"))],
  [
    "throws before the first chunk",
    returning(() =>
      (function* fails(): Generator<string> {
        throw new Error("secret");
        yield "";
      })(),
    ),
  ],
] as const) {
  test(`pep3333-50: an application that ${about} is a 500 without detail`, async (t) => {
    const { answer, seen } = await run(application);
    t.deepEqual([answer.status, answer.body.includes("secret")], [500, false]);
    t.like(await seen.errors.at(), { outcome: "answered", status: 500, error: { message: "secret" } });
  });
}

test("pep3333-50: the 500 has a type and a length", async (t) => {
  const { answer } = await run(() => {
    throw new Error("x");
  });
  t.deepEqual(valuesOf(answer, "content-type"), ["text/plain; charset=utf-8"]);
  t.deepEqual(valuesOf(answer, "content-length"), [String(answer.body.length)]);
});

test("pep3333-51: a failure behind the head sends nothing more, and resets the connection over TCP", async (t) => {
  const isRead = gate();
  await using server = await startServer(
    wsgi(async function* failing(_: WsgiEnviron, start: Start) {
      start("200 OK", []);
      yield "begun";
      await isRead.promise;
      throw new Error("x");
    }),
    { kind: "tcp" },
  );
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await client.until("begun");
  isRead.open();
  t.is((await client.ending).how, "ECONNRESET");
  t.is(client.text, "HTTP/1.1 200 OK\r\n\r\nbegun");
});

test.serial(
  "pep3333-52: a rejection that nobody awaits is the process's, not the request's: it is not swallowed",
  async (t) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    const before = process.listeners("unhandledRejection");
    // The runner of the tests would take it for a fault of theirs.
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", note);
    const lost = new Error("lost");
    const { answer } = await run((_: WsgiEnviron, start: Start) => {
      void Promise.reject(lost);
      start("200 OK", []);
      return "fine";
    });
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    process.off("unhandledRejection", note);
    for (const listener of before) process.on("unhandledRejection", listener);
    t.deepEqual([answer.body, unhandled], ["fine", [lost]]);
  },
);
