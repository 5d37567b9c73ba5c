/** Workers that do harm to their master, and a system that has nothing left to give it. */
import { execFileSync } from "node:child_process";
import test from "ava";
import { CheckedLoad } from "../helpers/checked-load.ts";
import { ManagerCommand, openFilesOf, SOUND } from "../helpers/manager-command.ts";
import { needs } from "../helpers/needs.ts";

/** One worker does that a moment behind its start; the others do not. */
const only = (what: string): string => `import { closeSync, openSync, writeSync } from "node:fs";
const isFirst = (() => {
  try { return openSync("done", "wx") > 0; } catch { return false; }
})();
if (isFirst) {
  setTimeout(() => {
    ${what}
  }, 1_000);
}
${SOUND}`;

/** Written as fast as the master reads, as long as that is. */
const writing = (line: string): string => `const line = Buffer.from(${JSON.stringify(line)}.repeat(100));
    const more = () => {
      try {
        for (;;) writeSync(3, line);
      } catch (error) {
        if (error.code === "EAGAIN") setImmediate(more);
      }
    };
    more();`;

for (const [what, deed, told] of [
  [
    "closes the pipe to its master",
    "closeSync(3);",
    /its master cannot be heard any more|its pipe to the master has ended/,
  ],
  [
    "writes rubbish to its master",
    'writeSync(3, "rubbish\\n");',
    /is on its own: the other process has sent "rubbish"/,
  ],
  [
    "writes a line without an end",
    writing("x"),
    /is on its own: the other process has sent (?:a line of more than|"x)/,
  ],
  ["says what nobody says", 'writeSync(3, \'{"kind":"out","why":"boredom","isLeaving":true}\\n\');', /is on its own: /],
  [
    "sends signs of life all the time",
    writing('{"kind":"beat","oldestMs":1}\n'),
    /is on its own: the other process has sent more than 5000 messages in a second/,
  ],
] as const) {
  test.serial(`a worker that ${what} is replaced, and the other one serves meanwhile`, async (t) => {
    await using manager = await ManagerCommand.start({ source: only(deed), flags: ["--grace", "2"] });
    const before = await manager.ready();
    await manager.logged(told);
    const load = new CheckedLoad(manager.address, 2);
    const { workers } = await manager.until(
      ({ workers: all }) =>
        all.length === 2 && all.some(({ pid, state }) => !before.includes(pid) && state === "ready"),
      "there is another",
    );
    await load.more(20);
    await load.end();
    t.is(workers.filter(({ pid }) => before.includes(pid)).length, 1);
    t.deepEqual(load.examples, []);
  });
}

test.serial(
  "a worker that does not listen when it is told to stop is killed behind its grace, and the stop ends",
  async (t) => {
    await using manager = await ManagerCommand.start({
      flags: ["--grace", "1"],
      source: `process.on("SIGTERM", () => { setInterval(() => {}, 1_000); for (;;); });\n${SOUND}`,
    });
    manager.signal("SIGTERM");
    const begun = performance.now();
    t.is(await manager.child.exit(), 0);
    t.true(performance.now() - begun < 4_000, `${performance.now() - begun} ms`);
  },
);

needs("prlimit").serial(
  "a master without a descriptor left starts no worker, says so, and does when there is one",
  async (t) => {
    await using manager = await ManagerCommand.start();
    const limit = (most: string): void => {
      execFileSync("prlimit", ["--pid", String(manager.pid), `--nofile=${most}`]);
    };
    const [first = 0, second = 0] = await manager.ready();
    limit(`${openFilesOf(manager.pid) - 1}:1024`);
    process.kill(first, "SIGKILL");
    await manager.logged(/it could not be started: spawn .*EMFILE/);
    manager.signal("SIGUSR2");
    await manager.logged(/no new master has taken over: spawn .*EMFILE; this master goes on/);
    t.is(await manager.whoAnswers(), second);
    limit("1024:1024");
    const after = await manager.ready();
    t.is(after.length, 2);
    t.false(after.includes(first));
  },
);
