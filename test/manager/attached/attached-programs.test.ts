import { chmodSync, existsSync, readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import test from "ava";
import { commandEnd } from "../../../src/manager/master/exit-reason.ts";
import { Managed } from "../../helpers/managed.ts";
import { needsOtherUser, OTHER_UID } from "../../helpers/needs.ts";

/** Writes its pid and that of a child of its own, and when it was told to end. */
const PROGRAM = `trap 'echo end $$ >> told; exit 0' TERM; sleep 1000 & echo $$ $! >> told; wait`;

/** Waits until the file has so many lines; answers them, in words. */
async function lines(managed: Managed, file: string, count: number): Promise<string[][]> {
  for (;;) {
    const path = managed.folder.file(file);
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    const all = text.split("\n").slice(0, -1);
    if (all.length >= count) return all.map((line) => line.split(" "));
    await setImmediate();
  }
}

function isRunning(pid: string | undefined): boolean {
  try {
    process.kill(Number(pid), 0);
    // Killed, and waited for by nobody yet.
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

async function gone(...pids: (string | undefined)[]): Promise<void> {
  while (pids.some(isRunning)) await setImmediate();
}

test.serial("a program that is attached ends with the service, with what it has started", async (t) => {
  await using managed = await Managed.start({ processes: 1, attachDaemons: [PROGRAM] });
  const [[pid, child] = []] = await lines(managed, "told", 1);
  t.true(isRunning(pid) && isRunning(child));
  managed.signal("SIGTERM");
  t.is(await managed.child.exit(), 0);
  t.false(isRunning(pid) || isRunning(child));
  t.deepEqual((await lines(managed, "told", 2))[1], ["end", pid]);
});

test.serial("a program that ends is started again, and the log says how it has ended", async (t) => {
  await using managed = await Managed.start({ processes: 1, attachDaemons: [PROGRAM] });
  const [[pid, child] = []] = await lines(managed, "told", 1);
  process.kill(Number(pid), "SIGKILL");
  await managed.logged(
    /attached program 1 \(trap\) has ended: killed by SIGKILL: not by us, .*; it is started again at once/,
  );
  const [, [another] = []] = await lines(managed, "told", 2);
  t.not(another, pid);
  // What the first one had started is not there beside what the second one starts.
  await gone(child);
  t.true(isRunning(another));
});

test.serial("a program that keeps ending is started more and more slowly", async (t) => {
  await using managed = await Managed.start({ processes: 1, attachDaemons: ["exit 3", PROGRAM] });
  await managed.logged(/attached program 1 \(exit\) has ended: exit 3; it is started again in 1 s/);
  const [[pid] = []] = await lines(managed, "told", 1);
  t.true(isRunning(pid));
  t.is((await managed.ask()).version, "one");
});

test.serial("a program outlives reloads", async (t) => {
  await using managed = await Managed.start({ processes: 1, attachDaemons: [PROGRAM] });
  const [[pid] = []] = await lines(managed, "told", 1);
  managed.signal("SIGHUP");
  await managed.until(({ generation, workers }) => generation === 2 && workers.every((one) => one.generation === 2));
  t.true(isRunning(pid));
  t.is((await lines(managed, "told", 1)).length, 1);
});

test.serial("at an upgrade the old master ends its program before the new one starts another", async (t) => {
  await using managed = await Managed.start({ processes: 1, attachDaemons: [PROGRAM] });
  await lines(managed, "told", 1);
  managed.signal("SIGUSR2");
  const [, successor] = await managed.logged(/the master with pid (\d+) takes over/);
  const [[pid] = [], end, [another] = []] = await lines(managed, "told", 3);
  t.deepEqual(end, ["end", pid]);
  t.true(isRunning(another));
  process.kill(Number(successor), "SIGTERM");
  await managed.child.exit();
  await gone(successor, another);
  t.deepEqual((await lines(managed, "told", 4))[3], ["end", another]);
});

test.serial("programs end when their master is killed, also those that do not hear TERM", async (t) => {
  const deaf = `trap '' TERM; echo $$ > deaf; while :; do sleep 1; done`;
  await using managed = await Managed.start({ processes: 1, graceMs: 1_000, attachDaemons: [PROGRAM, deaf] });
  const [[pid, child] = []] = await lines(managed, "told", 1);
  const [[other] = []] = await lines(managed, "deaf", 1);
  managed.signal("SIGKILL");
  await gone(pid, child, other);
  t.deepEqual((await lines(managed, "told", 2))[1], ["end", pid]);
});

test.serial("a program that does not hear TERM is killed after the grace", async (t) => {
  const deaf = `trap '' TERM; echo $$ > deaf; while :; do sleep 1; done`;
  await using managed = await Managed.start({ processes: 1, graceMs: 500, attachDaemons: [deaf] });
  const [[pid] = []] = await lines(managed, "deaf", 1);
  managed.signal("SIGTERM");
  t.is(await managed.child.exit(), 0);
  t.false(isRunning(pid));
});

needsOtherUser().serial("programs are the user of the workers, with its groups and mask", async (t) => {
  const whoIs = `echo "$(id -u) $(id -g) $(id -G) $(umask)"; exec sleep 1000`;
  for (const groups of [[], [4, 5]]) {
    await using managed = Managed.begin({
      processes: 1,
      attachDaemons: [whoIs],
      uid: OTHER_UID,
      gid: OTHER_UID,
      groups,
      umask: 0o27,
      allowRoot: false,
    });
    chmodSync(managed.folder.path, 0o755);
    const all = [OTHER_UID, ...groups].join(" ");
    const [, said = ""] = await managed.child.printed("stdout", /^(\d+ \d+ .*)\n/m);
    t.is(said, `${OTHER_UID} ${OTHER_UID} ${all} 0027`);
  }
});

needsOtherUser().serial("programs as root are refused, as workers are", async (t) => {
  await using managed = Managed.begin({ attachDaemons: ["touch was-root; sleep 1000"], allowRoot: false });
  t.is(await managed.child.exit(), 77);
  t.false(existsSync(managed.folder.file("was-root")));
});

test("the end of a command is said in words", (t) => {
  t.is(commandEnd({ code: 0, signal: null }), "exit 0");
  t.is(commandEnd({ code: 1, signal: null }), "exit 1");
  t.is(commandEnd({ code: 127, signal: null }), "exit 127: there is no such program");
  t.is(commandEnd({ code: null, signal: "SIGSEGV" }), "killed by SIGSEGV: a fault in native code");
  t.is(commandEnd({ code: null, signal: null, unborn: new Error("EPERM") }), "it could not be started: EPERM");
});
