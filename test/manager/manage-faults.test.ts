import { once } from "node:events";
import { createServer } from "node:net";
import test from "ava";
import { gone, Managed } from "../helpers/managed.ts";

test.serial(
  "a worker that is killed under load costs what it had accepted at most, and is replaced (F1)",
  async (t) => {
    await using managed = await Managed.start();
    const lanes = 4;
    const load = managed.load(lanes);
    const kills = 3;
    for (let n = 0; n < kills; n++) {
      const [pid = 0] = await managed.allReady();
      await load.more(20);
      process.kill(pid, "SIGKILL");
      await gone(pid);
      await managed.until(({ workers }) => workers.length === 2 && workers.every((worker) => worker.pid !== pid));
    }
    await load.end();
    t.true(load.failed.length <= kills * lanes, `${load.failed.length} of ${load.requests}`);
    await managed.logged(/has ended: killed by SIGKILL: not by us, perhaps by the kernel for memory/);
  },
);

test.serial("SIGTERM to a worker: it finishes, and is replaced; 0 failed (F2)", async (t) => {
  await using managed = await Managed.start();
  const load = managed.load();
  for (const pid of await managed.allReady()) {
    process.kill(pid, "SIGTERM");
    await gone(pid);
  }
  await managed.allReady();
  await load.more(20);
  await load.end();
  t.deepEqual(load.failed, []);
  t.regex(managed.child.stderr, /accepts no more, and leaves: SIGTERM to it/);
});

test.serial(
  "an event loop that is stuck is named with the request and the line, and the worker killed (F14)",
  async (t) => {
    await using managed = await Managed.start({ harakiriMs: 1_000, processes: 1 });
    const begun = performance.now();
    await t.throwsAsync(managed.ask("/loop"));
    const tookMs = performance.now() - begun;
    await managed.logged(/is stuck for .* s, with \[.*\] GET \/loop from .* for .* s: .*app\.mjs:7/);
    await managed.logged(/is killed: a request has run for longer than 1 s, and its event loop is stuck/);
    await t.notThrowsAsync(managed.ask());
    t.true(tookMs >= 1_000, `${tookMs} ms`);
    t.is((await managed.status()).failures, 0);
  },
);

test.serial("an error that nobody caught: the worker finishes, and is replaced", async (t) => {
  await using managed = await Managed.start({ processes: 1 });
  const [pid] = await managed.allReady();
  await managed.ask("/throw").catch(() => {});
  await managed.logged(/accepts no more, and leaves: an error that nobody caught/);
  t.not((await managed.ask()).pid, pid);
});

test.serial("a rejection that nobody handles: the worker goes on until another is there, and 0 failed", async (t) => {
  await using managed = await Managed.start({ processes: 1 });
  const [pid] = await managed.allReady();
  const load = managed.load(2);
  await managed.ask("/reject").catch(() => {});
  await managed.until(({ workers }) => workers.length === 1 && workers[0]?.state === "ready" && workers[0].pid !== pid);
  await load.end();
  t.deepEqual(load.failed, []);
});

test.serial("a TCP port serves as a path does: reload under load, 0 failed", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  await using managed = await Managed.start({ socket: `127.0.0.1:${port}` });
  const load = managed.load();
  await load.more(10);
  managed.signal("SIGHUP");
  await managed.logged(/version 2 serves/);
  await managed.allReady();
  await load.end();
  t.deepEqual(load.failed, []);
});

test.serial("what a worker writes on the pipe to its master ends nobody but itself", async (t) => {
  await using managed = await Managed.start({ processes: 1 });
  for (const path of ["/garbage", "/lie", "/deep?beat", "/later?20000"]) {
    const [pid = 0] = await managed.allReady();
    await managed.ask(path).catch(() => {});
    await gone(pid);
    t.not((await managed.ask()).pid, pid);
  }
  t.regex(managed.child.stderr, /is on its own: the other process has sent "x+", a JSON object with a kind is needed/);
  t.regex(
    managed.child.stderr,
    /is on its own: a worker has sent \{"kind":"vitals","rss":"much"\}, which is none of its messages/,
  );
  t.regex(managed.child.stderr, /is on its own: a worker has sent \{"kind":"beat","a":\[\.\.\.\]\}/);
  t.regex(managed.child.stderr, /is on its own: the other process has sent more than 5000 messages in a second/);
});

test.serial("what only a worker of a later version says is passed over, and told of once for each kind", async (t) => {
  await using managed = await Managed.start({ processes: 1 });
  const pids = await managed.allReady();
  await managed.ask("/later?3");
  await managed.ask("/deep?deep");
  await managed.logged(/"deep"/);
  t.deepEqual(await managed.allReady(), pids);
  const told = managed.child.stderr.matchAll(
    / warn worker 1 \(pid \d+, version 1\) has sent messages of kind "(\w+)"/g,
  );
  t.deepEqual(
    Array.from(told, ([, kind]) => kind),
    ["later", "deep"],
  );
  t.notRegex(managed.child.stderr, /is on its own/);
});
