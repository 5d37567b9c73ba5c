import test from "ava";
import { merge, ratioTo, type Results, rowIn, rowsOf } from "../../bench/report/results.ts";
import { answer, measured, results } from "./made-up.ts";

test("a ratio is taken within each round, then the median of these", (t) => {
  // The machine was four times slower in the second round, for both.
  const [ours] = rowsOf("", [measured("uisge-net/unix", 10, 40, 10), measured("node-http/unix", 20, 80, 40)]);
  t.like(ratioTo(ours, "cpuUs", "node-http/unix"), { median: 0.5, low: 0.375, high: 0.5 });
});

test("contestants are compared with those that listen in the same way only", (t) => {
  const [ours] = rowsOf("", [
    measured("uisge-net/unix", 1),
    measured("node-http/unix", 1),
    measured("node-http/tcp", 1),
  ]);
  t.deepEqual(
    ours?.ratios.map(({ yardstick }) => yardstick),
    ["node-http/unix"],
  );
});

test("no ratio is made of what was not measured", (t) => {
  const [ours] = rowsOf("", [measured("uisge-net/unix", 1), measured("node-http/unix", 1)]);
  t.deepEqual(
    ours?.ratios.map(({ metric }) => metric),
    ["cpuUs"],
  );
});

test("no ratio is made to a yardstick of 0", (t) => {
  const [ours] = rowsOf("", [measured("uisge-net/unix", 1), measured("node-http/unix", 0)]);
  t.deepEqual(ours?.ratios, []);
});

test("the summary has every metric of the rounds", (t) => {
  const [row] = rowsOf("", [
    {
      contestant: "a/unix",
      title: "a",
      rounds: [
        { cpuUs: 1, p50Ms: 5 },
        { cpuUs: 3, p50Ms: 7 },
      ],
    },
  ]);
  t.deepEqual(row?.summary, {
    cpuUs: { median: 2, low: 1.5, high: 2.5 },
    p50Ms: { median: 6, low: 5.5, high: 6.5 },
  });
});

test("a question that was asked anew replaces its old answer, others stay", (t) => {
  const before = results(answer("hello", measured("a/unix", 1)), answer("idle", measured("a/unix", 2)));
  const { answers } = merge(before, results(answer("hello", measured("a/unix", 3))));
  t.is(rowIn(answers, "idle", "a/unix")?.summary.cpuUs?.median, 2);
  t.is(rowIn(answers, "hello", "a/unix")?.summary.cpuUs?.median, 3);
});

const old = results(answer("idle", measured("a/unix", 2)));
const others: readonly (readonly [what: string, before: Results])[] = [
  ["another version", { ...old, version: "0.0.1" }],
  ["another machine", { ...old, machine: { ...old.machine, cores: 64 } }],
];
for (const [what, before] of others) {
  test(`nothing is kept of ${what}`, (t) => {
    const now = results(answer("hello", measured("a/unix", 1)));
    t.deepEqual(merge(before, now), now);
  });
}
