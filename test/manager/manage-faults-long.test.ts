/** What takes its time to go wrong, or to be put right. */
import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import test from "ava";
import { zombiesOf } from "../../src/process/zombies.ts";
import { applicationOf, gone, Managed } from "../helpers/managed.ts";

test.serial("an event loop that is busy again and again, below the limit, is nobody's business (F15)", async (t) => {
  await using managed = await Managed.start({ harakiriMs: 3_000, processes: 1 });
  const [pid] = await managed.allReady();
  for (let n = 0; n < 10; n++) await managed.ask("/busy?300");
  t.deepEqual(await managed.allReady(), [pid ?? 0]);
});

test.serial("a master that was stopped kills nobody when it goes on (F24)", async (t) => {
  await using managed = await Managed.start({ harakiriMs: 1_000 });
  const pids = await managed.allReady();
  const load = managed.load(4, "/busy?5");
  await load.more(10);
  managed.signal("SIGSTOP");
  await delay(4_000);
  managed.signal("SIGCONT");
  await load.more(20);
  await load.end();
  t.deepEqual(load.failed, []);
  t.deepEqual(await managed.allReady(), pids);
});

test.serial(
  "workers whose master was killed finish and leave, and another master serves there at once (F25)",
  async (t) => {
    const managed = await Managed.start();
    t.teardown(() => managed.folder[Symbol.dispose]());
    const pids = await managed.allReady();
    const held = await managed.hold(2);
    managed.signal("SIGKILL");
    managed.release();
    await t.notThrowsAsync(Promise.all(held));
    await Promise.all(pids.map(gone));
    await using next = await Managed.start({ socket: managed.folder.file("app.sock") });
    t.is((await next.status()).state, "running");
  },
);

test.serial("a worker without memory is said to be so, and is replaced (F26)", async (t) => {
  await using managed = await Managed.start({ processes: 1, nodeOptions: ["--max-old-space-size=64"] });
  await t.throwsAsync(managed.ask("/heap"));
  await managed.logged(/has ended: aborted \(exit 134\): out of memory, or process\.abort\(\)/);
  await t.notThrowsAsync(managed.ask());
});

test.serial("a worker that has grown is replaced, and 0 failed", async (t) => {
  await using managed = await Managed.start({ processes: 1, reloadOnRssBytes: 200 * 2 ** 20 });
  const [pid] = await managed.allReady();
  const load = managed.load(2);
  await managed.ask("/leak?200");
  await managed.until(({ workers }) => workers.length === 1 && workers[0]?.state === "ready" && workers[0].pid !== pid);
  await load.end();
  t.deepEqual(load.failed, []);
  t.regex(managed.child.stderr, /told to stop: its memory is too large/);
});

test.serial("a worker that has grown far too much is killed", async (t) => {
  await using managed = await Managed.start({ processes: 1, evilReloadOnRssBytes: 200 * 2 ** 20 });
  await managed.ask("/leak?200");
  await managed.logged(/has ended: killed: its memory is larger than 209715200 bytes/);
  await t.notThrowsAsync(managed.ask());
});

test.serial("an application that ends at its start is started less and less often (F27)", async (t) => {
  await using managed = Managed.begin({ source: applicationOf("one", "process.exit(1)"), processes: 1 });
  await managed.logged(/7 failures in a row: the next start is in 2 s/);
  const starts = managed.child.stderr.match(/has ended: exit 1/g)?.length ?? 0;
  t.true(starts <= 7, `${starts}`);
  managed.write(applicationOf("fixed"));
  await managed.child.printed("stdout", /serving/);
  t.is((await managed.ask()).version, "fixed");
});

test.serial("workers are replaced behind so many requests, not all at once, and 0 failed (F28)", async (t) => {
  await using managed = await Managed.start({ maxRequests: 50 });
  const before = await managed.allReady();
  const load = managed.load(4);
  const seen = new Set(before);
  while (seen.size < 6) {
    const { workers } = await managed.status();
    for (const { pid } of workers) seen.add(pid);
    t.true(workers.some(({ state }) => state === "ready"));
  }
  await load.end();
  t.deepEqual(load.failed, []);
});

test.serial("a storm of signals leaves the master alive and its state consistent, and 0 failed (F33)", async (t) => {
  await using managed = await Managed.start();
  const load = managed.load(2);
  const names = ["SIGHUP", "SIGUSR1", "SIGWINCH", "SIGCHLD"] as const;
  for (let n = 0; n < 1_000; n++) managed.signal(names[(n * 7) % names.length] ?? "SIGHUP");
  await load.more(10);
  await managed.until(({ state, generation }) => state === "running" && generation > 1);
  await managed.allReady();
  await load.end();
  t.deepEqual(load.failed, []);
});

test.serial("restarts leave nothing in the master: descriptors and zombies as before", async (t) => {
  await using managed = await Managed.start({ processes: 1 });
  const countOf = (): number => readdirSync(`/proc/${managed.pid}/fd`).length;
  await managed.ask();
  const before = countOf();
  for (let n = 0; n < 10; n++) {
    const [pid = 0] = await managed.allReady();
    process.kill(pid, n % 2 === 0 ? "SIGTERM" : "SIGKILL");
    await gone(pid);
  }
  await managed.allReady();
  t.true(countOf() <= before + 1, `${before}, then ${countOf()}`);
  t.deepEqual(zombiesOf(managed.pid), []);
});

test.serial("a new version that is not ready in time is given up (F5)", async (t) => {
  await using managed = await Managed.start({ processes: 1, startTimeoutMs: 15_000 });
  managed.write(applicationOf("stuck", "await new Promise(() => setInterval(() => {}, 1_000))"));
  managed.signal("SIGHUP");
  await managed.logged(/version 2 is given up, version 1 serves on: killed: it was not ready within 15 s/);
  t.is((await managed.ask()).version, "one");
});
