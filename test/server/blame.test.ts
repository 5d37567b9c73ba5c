/** Errors that nobody caught, and the requests that they belong to. */
import type { Duplex } from "node:stream";
import test, { type ExecutionContext } from "ava";
import { parseAddress } from "../../src/connection/index.ts";
import { errorCode } from "../../src/errors.ts";
import { Child } from "../helpers/child.ts";
import { projectRoot } from "../helpers/project.ts";
import { ask, exchange, get, parseAnswer, RawClient } from "../helpers/raw-client.ts";
import { never, slowApp, slowInterfaces, turns, waiting } from "../helpers/slow-apps.ts";
import { bothKinds } from "../helpers/target.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { gate, respond, startServer, type TestServer } from "../helpers/test-server.ts";

/** A promise that rejects for `server.blame`'s sake: in the context of the request that waits for it. */
function failingLater(): { readonly fail: Promise<never>; blame(server: TestServer, error: Error): Promise<boolean> } {
  const wanted = gate<{ server: TestServer; error: Error; done(isBlamed: boolean): void }>();
  const fail = {
    // Awaited within the request: what stands behind it runs in its context.
    then: () => {
      void (async () => {
        const { server, error, done } = await wanted.promise;
        done(server.server.blame(error));
      })();
    },
  } as unknown as Promise<never>;
  return {
    fail,
    blame: (server, error) => new Promise((done) => wanted.open({ server, error, done })),
  };
}

for (const kind of bothKinds) {
  for (const name of slowInterfaces) {
    test(`an error that belongs to a request of a ${name} application fails that one and no other, ${kind}`, async (t) => {
      const { fail, blame } = failingLater();
      const { handler, reasons } = slowApp(name, fail);
      await using server = await startServer(handler, { kind, attributesErrors: true, graceMs: 600_000 });
      using client = await RawClient.connect(server.address);
      await client.send(get({ HTTP_X_REQUEST_ID: "one" }));
      await waiting(server);
      t.true(await blame(server, new Error("boom")));
      const answer = parseAnswer((await client.ending).bytes);
      t.deepEqual([answer.status, answer.body], [500, "500 Internal Server Error\n"]);
      t.like(server.seen.errors.all, [
        { requestId: "one", outcome: "answered", status: 500, error: { message: "boom" } },
      ]);
      t.like(server.seen.ends.all, [{ status: 500, ending: "complete" }]);
      t.deepEqual(reasons.map(errorCode), ["UWSGI_PEER_GONE"]);
      t.is(server.server.runningCount, 0);
    });
  }
}

test("an error outside of all requests is nobody's", async (t) => {
  await using server = await startServer(() => never, { attributesErrors: true });
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await waiting(server);
  t.false(server.server.blame(new Error("boom")));
  t.is(server.server.runningCount, 1);
});

test("without attributesErrors no request is blamed", async (t) => {
  let isBlamed: boolean | undefined;
  await using server = await startServer(async () => {
    await Promise.resolve();
    isBlamed = server.server.blame(new Error("boom"));
    return respond("well");
  });
  t.is((await ask(server.address)).body, "well");
  t.deepEqual([isBlamed, server.seen.errors.all], [false, []]);
});

test("a request of another server is not blamed", async (t) => {
  const options = { attributesErrors: true };
  await using other = await startServer(() => respond("other"), options);
  let isBlamed: boolean | undefined;
  await using server = await startServer(async () => {
    await ask(other.address);
    isBlamed = other.server.blame(new Error("boom"));
    return respond("well");
  }, options);
  t.is((await ask(server.address)).body, "well");
  t.false(isBlamed);
});

test("an error behind the end of its request is logged as its own, and changes nothing", async (t) => {
  const blamed = gate<boolean>();
  await using server = await startServer(
    () => {
      setTimeout(() => blamed.open(server.server.blame(new Error("behind"))), 1);
      return respond("well");
    },
    { attributesErrors: true },
  );
  t.is((await ask(server.address, get({ HTTP_X_REQUEST_ID: "one" }))).body, "well");
  t.true(await blamed.promise);
  t.like(server.seen.errors.all, [
    { requestId: "one", outcome: "complete", status: 200, error: { message: "behind" } },
  ]);
});

test("a second error of a request that has failed so is not heard", async (t) => {
  const blamed = gate<boolean>();
  await using server = await startServer(
    () => {
      setTimeout(() => server.server.blame(new Error("first")), 1);
      setTimeout(() => blamed.open(server.server.blame(new Error("second"))), 2);
      return never;
    },
    { attributesErrors: true },
  );
  t.is((await ask(server.address)).status, 500);
  t.true(await blamed.promise);
  t.like(server.seen.errors.all, [{ error: { message: "first" } }]);
  t.is(server.seen.errors.all.length, 1);
});

test("an error of an upgraded connection destroys its stream", async (t) => {
  await using server = await startServer(
    (request) => {
      const stream = request.upgrade() as unknown as Duplex;
      stream.on("data", () => t.true(server.server.blame(new Error("boom"))));
      return never;
    },
    { attributesErrors: true, kind: "tcp" },
  );
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await client.send("a message");
  await client.ending;
  await turns();
  t.like(server.seen.errors.all, [{ error: { message: "boom" } }]);
});

// By the events of the process, in one of its own.

async function withServer(
  t: ExecutionContext,
  kind: "unix" | "tcp",
  run: (child: Child, address: ReturnType<typeof parseAddress>) => Promise<void>,
): Promise<void> {
  using folder = tempFolder();
  const socket = kind === "unix" ? folder.file("s") : `127.0.0.1:${await freePort()}`;
  await using child = new Child([`${projectRoot}/build/test/programs/blaming-server.js`, socket]);
  await child.printed("stdout", /listening\n/);
  await run(child, parseAddress(socket));
  t.is(child.process.exitCode, null);
}

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

for (const kind of bothKinds) {
  for (const path of ["/timer", "/immediate", "/tick", "/rejection", "/late-rejection"]) {
    test(`F13, ${kind}: an error of ${path.slice(1)} is a 500 of its request, and no other fails`, (t) =>
      withServer(t, kind, async (child, address) => {
        using well = await RawClient.connect(address);
        await well.send(get({ PATH_INFO: "/well" }));
        const { bytes } = await exchange(address, get({ PATH_INFO: path }));
        t.is(parseAnswer(bytes).status, 500);
        await child.printed("stdout", /blamed boom\n/);
        t.true(child.stdout.includes(`failed ${path} 500 answered boom\n`), child.stdout);
        await exchange(address, get({ PATH_INFO: "/go" }));
        t.is(parseAnswer((await well.ending).bytes).body, "well");
      }));
  }

  test(`F13, ${kind}: an error in a timer behind the head of an answer breaks that one off`, (t) =>
    withServer(t, kind, async (child, address) => {
      await exchange(address, get({ PATH_INFO: "/mid" }));
      await child.printed("stdout", /failed \/mid 200 broken-off boom\n/);
      t.true(child.stdout.includes("blamed boom\n"));
    }));

  test(`F13, ${kind}: an error in a timer behind the whole answer is logged as that request's`, (t) =>
    withServer(t, kind, async (child, address) => {
      t.is(parseAnswer((await exchange(address, get({ PATH_INFO: "/behind" }))).bytes).body, "well");
      await child.printed("stdout", /blamed boom\n/);
      t.true(child.stdout.includes("failed /behind 200 complete boom\n"));
    }));

  test(`F13, ${kind}: an error in a timer of nobody's is told to be that`, (t) =>
    withServer(t, kind, async (child, address) => {
      using well = await RawClient.connect(address);
      await well.send(get({ PATH_INFO: "/well" }));
      child.process.kill("SIGUSR2");
      await child.printed("stdout", /nobody's boom\n/);
      await exchange(address, get({ PATH_INFO: "/go" }));
      t.is(parseAnswer((await well.ending).bytes).body, "well");
    }));
}
