import { existsSync, readFileSync, statSync } from "node:fs";
import test from "ava";
import { zombiesOf } from "../../src/process/zombies.ts";
import { applicationOf, Managed } from "../helpers/managed.ts";

test.serial("requests are answered by all workers, and by the master never", async (t) => {
  await using managed = await Managed.start();
  const pids = await managed.allReady();
  const load = managed.load(8);
  await load.more(400);
  await load.end();
  t.deepEqual(load.failed, []);
  const { workers } = await managed.until(({ workers: all }) => all.every(({ requests }) => requests > 0));
  t.deepEqual(
    workers.map(({ pid }) => pid),
    pids,
  );
  t.false(pids.includes(managed.pid));
});

test.serial("the status says who serves, where, and how", async (t) => {
  await using managed = await Managed.start({ name: "shop", processes: 1 });
  t.like(await managed.status(), {
    name: "shop",
    pid: managed.pid,
    node: process.version,
    addresses: [managed.folder.file("app.sock")],
    state: "running",
    generation: 1,
    processes: 1,
    failures: 0,
    delayMs: 0,
    workers: [{ id: 1, generation: 1, state: "ready" }],
  });
});

test.serial("SIGTERM lets requests end, takes no more, and leaves nothing behind (F6)", async (t) => {
  const pidFile = "app.pid";
  await using managed = await Managed.start({ pidFile });
  t.is(readFileSync(managed.folder.file(pidFile), "latin1"), `${managed.pid}\n`);
  const running = await managed.hold(8);
  managed.signal("SIGTERM");
  await managed.logged(/told to stop/);
  managed.release();
  await t.notThrowsAsync(Promise.all(running));
  t.is(await managed.child.exit(), 0);
  t.deepEqual(
    [pidFile, "app.sock", "control.sock"].filter((name) => existsSync(managed.folder.file(name))),
    [],
  );
});

test.serial("what is in the queue when the service ends is answered", async (t) => {
  await using managed = await Managed.start({ processes: 1 });
  const busy = managed.ask("/busy?700");
  const queued = Array.from({ length: 5 }, () => managed.ask());
  managed.signal("SIGTERM");
  await t.notThrowsAsync(Promise.all([busy, ...queued]));
  t.is(await managed.child.exit(), 0);
});

for (const [what, signals] of [
  ["SIGINT", ["SIGINT"]],
  ["SIGQUIT", ["SIGQUIT"]],
  ["SIGINT behind SIGTERM", ["SIGTERM", "SIGINT"]],
] as const) {
  test.serial(`${what} ends it at once, requests and all`, async (t) => {
    await using managed = await Managed.start({ processes: 1 });
    const [running] = await managed.hold(1);
    for (const name of signals) managed.signal(name);
    t.is(await managed.child.exit(), 0);
    await t.throwsAsync(running ?? Promise.resolve());
    t.false(existsSync(managed.folder.file("app.sock")));
  });
}

test.serial("an application that is not there ends the master with 66, and nothing is left", async (t) => {
  await using managed = Managed.begin({ application: "missing.mjs" });
  t.is(await managed.child.exit(), 66);
  t.regex(managed.child.stdout, /failed UWSGI_WORKER_FAILED/);
  t.regex(managed.child.stderr, /exit 66: there is no such application: no application "missing\.mjs"/);
  t.false(existsSync(managed.folder.file("app.sock")));
});

test.serial("an application that cannot be loaded ends the master with 70, and says why", async (t) => {
  await using managed = Managed.begin({ source: applicationOf("one", 'throw new Error("no database")') });
  t.is(await managed.child.exit(), 70);
  t.regex(managed.child.stderr, /exit 70: the application failed to load: .*no database/);
});

test.serial("a path that another server listens on is refused with 69, and stays (F16, F17)", async (t) => {
  await using first = await Managed.start({ processes: 1 });
  const inode = statSync(first.folder.file("app.sock")).ino;
  await using second = Managed.begin({ socket: first.folder.file("app.sock") });
  t.is(await second.child.exit(), 69);
  t.is(statSync(first.folder.file("app.sock")).ino, inode);
  await t.notThrowsAsync(first.ask());
});

test.serial("one more and one less is asked for by TTIN and TTOU, and one stays at least", async (t) => {
  await using managed = await Managed.start({ processes: 1 });
  managed.signal("SIGTTIN");
  await managed.until(({ workers }) => workers.filter(({ state }) => state === "ready").length === 2);
  managed.signal("SIGTTOU");
  await managed.until(({ workers }) => workers.length === 1);
  managed.signal("SIGTTOU");
  await managed.logged(/(?:1 worker from now on[^]*){2}/);
  managed.signal("SIGTTIN");
  t.is((await managed.until(({ workers }) => workers.length === 2)).processes, 2);
});

test.serial("the environment of one place, preloaded modules and arguments get to the application", async (t) => {
  const source = `import { writeFileSync } from "node:fs";
writeFileSync("seen-" + process.env.UISGE_WORKER_ID, JSON.stringify([process.env.ALL, process.env.ONE, globalThis.early, process.argv.slice(2)]));
export default { fetch: () => new Response("x one") };`;
  const preload = "data:text/javascript,globalThis.early = 1";
  await using managed = await Managed.start({
    source,
    env: { ALL: "a" },
    workerEnv: { 2: { ONE: "b" } },
    preload: [preload],
    args: ["--flag"],
  });
  const seen = ["seen-1", "seen-2"].map((name) => readFileSync(managed.folder.file(name), "utf8"));
  t.deepEqual(seen, ['["a",null,1,["--flag"]]', '["a","b",1,["--flag"]]']);
});

test.serial("USR1 opens the files of the logs anew, in the master and in its workers", async (t) => {
  await using managed = await Managed.start({
    log: { access: "combined", errors: "text", accessFile: "access.log", errorFile: "error.log" },
  });
  const { folder } = managed;
  await managed.ask();
  const { renameSync } = await import("node:fs");
  renameSync(folder.file("access.log"), folder.file("access.old"));
  renameSync(folder.file("error.log"), folder.file("error.old"));
  managed.signal("SIGUSR1");
  while (!existsSync(folder.file("access.log")) || !existsSync(folder.file("error.log"))) await managed.status();
  const before = readFileSync(folder.file("access.old"), "utf8");
  while (readFileSync(folder.file("access.log"), "utf8") === "") await managed.ask();
  t.true(readFileSync(folder.file("access.old"), "utf8").startsWith(before));
  t.false(managed.child.stderr.includes("Debugger listening"));
});

test.serial("no worker that has ended stays a zombie", async (t) => {
  await using managed = await Managed.start();
  for (const pid of await managed.allReady()) process.kill(pid, "SIGKILL");
  await managed.logged(/(?:has ended: killed by SIGKILL[^]*){2}/);
  t.deepEqual(zombiesOf(managed.pid), []);
});

test.serial("workers are more while they are busy, and fewer again when they are not", async (t) => {
  const cheaper = { least: 1, busyAbove: 0.3, calmBelow: 0.2, calmSeconds: 1 };
  await using managed = await Managed.start({ processes: 2, cheaper });
  t.is((await managed.status()).workers.length, 1);
  const asking = new AbortController();
  const busy = (async () => {
    // Each turn holds a loop for longer than it lets it go.
    while (!asking.signal.aborted) await managed.ask("/busy?50");
  })();
  await managed.until(({ workers }) => workers.filter(({ state }) => state === "ready").length === 2);
  asking.abort();
  await busy;
  await managed.until(({ workers }) => workers.length === 1);
  await managed.logged(/workers wanted: 2 of 2; ready: 1, \d+ % busy[^]*workers wanted: 1 of 2; ready: 2, \d+ % busy/);
});
