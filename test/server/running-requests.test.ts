/** What a server says of the requests that it is answering. */
import test from "ava";
import { httpPlugin, type RunningRequest, Server } from "../../src/server/index.ts";
import { MemoryTransport } from "../helpers/memory-transport.ts";
import { Child } from "../helpers/child.ts";
import { ask, get, RawClient } from "../helpers/raw-client.ts";
import { slowApp, slowInterfaces, turns, waiting } from "../helpers/slow-apps.ts";
import { projectRoot } from "../helpers/project.ts";
import { bothKinds } from "../helpers/target.ts";
import { gate, respond, startServer } from "../helpers/test-server.ts";

const vars = {
  REQUEST_METHOD: "POST",
  REQUEST_URI: "/pay?card=secret",
  PATH_INFO: "/pay",
  QUERY_STRING: "card=secret",
  HTTP_COOKIE: "session=secret",
  HTTP_X_REQUEST_ID: "abc",
  REMOTE_ADDR: "192.0.2.7",
};

for (const kind of bothKinds) {
  for (const name of slowInterfaces) {
    test(`a request that a ${name} application is answering is listed until it has ended, ${kind}`, async (t) => {
      const go = gate<void>();
      await using server = await startServer(slowApp(name, go.promise).handler, { kind });
      using client = await RawClient.connect(server.address);
      await client.send(get(vars));
      await waiting(server);
      const [running, ...more] = server.server.running();
      t.like(running, { id: "abc", method: "POST", path: "/pay", remote: "192.0.2.7" });
      t.deepEqual(Object.keys(running ?? {}), ["id", "method", "path", "remote", "ms"]);
      t.is(more.length, 0);
      t.true((running?.ms ?? -1) >= 0 && server.server.oldestMs() >= (running?.ms ?? 0));
      go.open();
      t.is((await client.ending).how, "end");
      await turns();
      t.deepEqual([server.server.running(), server.server.runningCount, server.server.oldestMs()], [[], 0, 0]);
    });
  }

  test(`a handler that is being called is listed first, without having returned, ${kind}`, async (t) => {
    const go = gate();
    let seen: readonly RunningRequest[] = [];
    let count = 0;
    await using server = await startServer(
      async ({ environ }) => {
        if (environ.PATH_INFO === "/first") await go.promise;
        else {
          seen = server.server.running();
          count = server.server.runningCount;
        }
        return respond("ok");
      },
      { kind },
    );
    using first = await RawClient.connect(server.address);
    await first.send(get({ PATH_INFO: "/first" }));
    await waiting(server);
    await ask(server.address, get({ PATH_INFO: "/second" }));
    t.deepEqual([seen.map(({ path }) => path), count], [["/second", "/first"], 2]);
    go.open();
    await first.ending;
  });
}

test("the peer stands for a client that the front end does not name", async (t) => {
  let remote: string | undefined;
  await using server = await startServer(
    () => {
      remote = server.server.running()[0]?.remote;
      return respond("ok");
    },
    { kind: "tcp" },
  );
  await ask(server.address);
  t.regex(remote ?? "", /^127\.0\.0\.1:\d+$/);
});

test("how long the oldest request has run is known with and without a limit", async (t) => {
  for (const harakiriMs of [60_000, Number.POSITIVE_INFINITY]) {
    const go = gate();
    await using server = await startServer(
      async () => {
        await go.promise;
        return respond("ok");
      },
      { harakiriMs },
    );
    const before = performance.now();
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await waiting(server);
    const first = server.server.oldestMs();
    await turns();
    const second = server.server.oldestMs();
    t.true(first > 0 && second > first && second <= performance.now() - before, `${first} ${second}`);
    go.open();
    await client.ending;
  }
});

test("what is answered before the call returns is never in a list", async (t) => {
  await using server = new Server({ plugins: [httpPlugin(() => respond("ok"), { harakiriMs: 1_000 })] });
  const { waiting: list } = server.requests as unknown as { waiting: { add(): void } };
  list.add = () => t.fail();
  const transport = new MemoryTransport();
  server.adopt(transport);
  transport.receive(get());
  t.true(transport.text.endsWith("ok"));
  t.is(server.runningCount, 0);
});

test("a request that has stuck the process is told from inside it", async (t) => {
  await using child = new Child([`${projectRoot}/build/test/programs/stuck-server.js`]);
  const [line] = await child.printed("stdout", /^\[.*\]\n/);
  t.like(JSON.parse(line), [{ id: "abc", method: "GET", path: "/stuck", remote: "192.0.2.7" }]);
  t.is(await child.exit(), "SIGKILL");
});
