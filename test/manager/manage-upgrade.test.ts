import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import test from "ava";
import { askManager } from "../../src/manager/control/control-client.ts";
import { applicationOf, endProcess, gone, Managed } from "../helpers/managed.ts";

/** Asks for a new master, and waits until the old one has gone; the new one's pid. */
async function upgrade(managed: Managed, old: number): Promise<number> {
  const pidOf = async (): Promise<number> => (await managed.status().catch(() => undefined))?.pid ?? old;
  await askManager(managed.folder.file("control.sock"), { command: "upgrade" }, "a test");
  let pid = await pidOf();
  while (pid === old) pid = await pidOf();
  managed.successors.add(pid);
  return pid;
}

test.serial(
  "an upgrade under load: a new master serves with the same sockets, the old one leaves, 0 failed",
  async (t) => {
    await using managed = await Managed.start({ pidFile: "app.pid" });
    const load = managed.load();
    await load.more(20);
    managed.write(applicationOf("two"));
    const pid = await upgrade(managed, managed.pid);
    // Its output is also its successor's.
    await gone(managed.pid);
    const again = await upgrade(managed, pid);
    await gone(pid);
    await load.more(20);
    await load.end();
    t.deepEqual(load.failed, []);
    t.is((await managed.ask()).version, "two");
    t.is(readFileSync(managed.folder.file("app.pid"), "latin1"), `${again}\n`);
  },
);

test.serial("a new master ends as the first one would: nothing is left behind", async (t) => {
  const managed = await Managed.start({ pidFile: "app.pid", processes: 1 });
  t.teardown(() => managed[Symbol.asyncDispose]());
  const pid = await upgrade(managed, managed.pid);
  await gone(managed.pid);
  process.kill(pid, "SIGTERM");
  await gone(pid);
  t.deepEqual(
    ["app.pid", "app.sock", "control.sock"].filter((name) => existsSync(managed.folder.file(name))),
    [],
  );
});

test.serial("a new master that cannot start leaves the old one serving, which says why", async (t) => {
  await using managed = await Managed.start({ pidFile: "app.pid" });
  const load = managed.load();
  managed.write(applicationOf("broken", 'throw new Error("no such table")'));
  managed.signal("SIGUSR2");
  await managed.logged(/no new master has taken over: it has ended: exit 70: .*; this master goes on/);
  await load.more(20);
  await load.end();
  t.deepEqual(load.failed, []);
  t.is((await managed.status()).pid, managed.pid);
  t.is(readFileSync(managed.folder.file("app.pid"), "latin1"), `${managed.pid}\n`);
});

test.serial("a second upgrade while one is under way is refused", async (t) => {
  await using managed = await Managed.start({ processes: 1 });
  managed.write(applicationOf("held", 'while (!existsSync("released")) await delay(20)'));
  managed.signal("SIGUSR2");
  await managed.logged(/upgrade: a new master is started/);
  managed.signal("SIGUSR2");
  await managed.logged(/no upgrade: one is under way/);
  managed.signal("SIGTERM");
  await managed.logged(/no new master has taken over: the service ends/);
  managed.release();
  t.is(await managed.child.exit(), 0);
});

test.serial("a new master that is killed before it is ready leaves the old one serving", async (t) => {
  await using managed = await Managed.start({ processes: 1 });
  managed.write(applicationOf("held", 'while (!existsSync("released")) await delay(20)'));
  managed.signal("SIGUSR2");
  const [, pid] = await managed.logged(/master pid \d+[^]*master pid (\d+)/);
  process.kill(Number(pid), "SIGKILL");
  await managed.logged(/no new master has taken over: it has ended: killed by SIGKILL/);
  t.is((await managed.ask()).version, "one");
  managed.release();
});

test.serial("an old master that is killed while the new one starts leaves all to it", async (t) => {
  await using managed = await Managed.start({ processes: 1, pidFile: "app.pid" });
  managed.write(applicationOf("held", 'while (!existsSync("released")) await delay(20)'));
  managed.signal("SIGUSR2");
  const [, found] = await managed.logged(/master pid \d+[^]*master pid (\d+)/);
  const pid = Number(found);
  managed.successors.add(pid);
  // Behind the line above the new one has noticed whose successor it is.
  managed.signal("SIGKILL");
  await gone(managed.pid);
  managed.release();
  const answers = async (): Promise<boolean> => (await managed.status().catch(() => undefined))?.pid === pid;
  while (!(await answers())) await setImmediate();
  t.is(readFileSync(managed.folder.file("app.pid"), "latin1"), `${pid}\n`);
  t.is((await managed.ask()).version, "held");
  await endProcess(pid);
  t.deepEqual(
    ["app.pid", "app.sock", "control.sock"].filter((name) => existsSync(managed.folder.file(name))),
    [],
  );
});

test.serial("systemd is told by its tool; where that is missing, once that it is", async (t) => {
  const environment = { NOTIFY_SOCKET: "/nowhere", PATH: "" };
  await using managed = await Managed.start({ processes: 1, environment });
  await managed.logged(/systemd is not told how the service is: spawn systemd-notify ENOENT/);
  managed.signal("SIGHUP");
  await managed.logged(/version 2 serves/);
  managed.signal("SIGTERM");
  await managed.child.exit();
  t.is(managed.child.stderr.match(/systemd is not told/g)?.length, 1);
});

test.serial("systemd is told of the start, a reload, a new main process and the end", async (t) => {
  await using managed = Managed.begin({
    processes: 1,
    environment: { NOTIFY_SOCKET: "/nowhere", PATH: `.:${process.env["PATH"]}` },
  });
  const tool = managed.folder.file("systemd-notify");
  writeFileSync(tool, '#!/bin/sh\nprintf "%s " "$@" >> told\necho >> told\n', { mode: 0o755 });
  const told = (): string =>
    existsSync(managed.folder.file("told")) ? readFileSync(managed.folder.file("told"), "utf8") : "";
  const heard = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(told())) await managed.status().catch(() => {});
  };
  await heard(/^READY=1 STATUS=serving .*app\.mjs \n$/);
  managed.signal("SIGHUP");
  await heard(/RELOADING=1 MONOTONIC_USEC=\d+ STATUS=reloading \nREADY=1/);
  const pid = await upgrade(managed, managed.pid);
  await heard(new RegExp(`READY=1 STATUS=serving .* MAINPID=${pid} \n`));
  await gone(managed.pid);
  process.kill(pid, "SIGTERM");
  await heard(/STOPPING=1 STATUS=stopping \n$/);
  t.pass();
});
