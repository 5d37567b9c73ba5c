/** Children that have ended and that nobody waits for. */
import { setImmediate } from "node:timers/promises";
import test from "ava";
import { readZombie, zombiesOf } from "../../src/process/zombies.ts";
import { Child } from "../helpers/child.ts";
import { needsLinux } from "../helpers/needs.ts";

for (const [stat, zombie] of [
  ["57 (sleep) Z 1 57", { pid: 57, name: "sleep" }],
  ["57 (a) S (b\n) Z 1 57", { pid: 57, name: "a) S (b\n" }],
  ["57 (sleep) S 1 57", undefined],
  ["57 (Z) S 1 57", undefined],
  ["", undefined],
] as const) {
  test(`the line ${JSON.stringify(stat)} is that of ${zombie === undefined ? "none" : "one that has ended"}`, (t) => {
    t.deepEqual(readZombie(stat), zombie);
  });
}

needsLinux()(
  "a child that has ended is found while its parent does not wait for it, and one that runs is not",
  async (t) => {
    await using child = new Child(["-c", "sleep 0 & exec sleep 100"], { program: "/bin/sh" });
    const pid = child.process.pid ?? 0;
    while (zombiesOf(pid).length === 0) await setImmediate();
    t.deepEqual(
      zombiesOf(pid).map(({ name }) => name),
      ["sleep"],
    );
  },
);

test("where there is no such process nothing is found", (t) => {
  t.deepEqual(zombiesOf(2 ** 31 - 1), []);
});
