import test from "ava";
import { compare, reportOf, verdictOf } from "../../bench/report/comparison.ts";
import type { Measured } from "../../bench/report/results.ts";
import { answer, measured } from "./made-up.ts";

const yardstick = measured("node-http/unix", 100, 100, 100, 100, 100);

function ours(...cpuUs: readonly number[]): Measured {
  return measured("uisge-net/unix", ...cpuUs);
}

const before = [answer("hello", ours(100, 101, 102, 103, 104), yardstick)];

test("what costs more, with spreads that do not touch, is slower: exit code 1", (t) => {
  const now = [answer("hello", ours(120, 121, 122, 123, 124), yardstick)];
  const { lines, exitCode } = reportOf(compare(before, now));
  t.is(exitCode, 1);
  t.true(
    lines.includes(
      "slower: hello, uisge-net/unix: CPU per request / node-http/unix is 1.22 (1.21-1.23), was 1.02 (1.01-1.03)",
    ),
    lines.join("\n"),
  );
});

test("what costs more, with spreads that touch, is the same: exit code 0", (t) => {
  const now = [answer("hello", ours(103, 103, 130, 140, 150), yardstick)];
  t.is(reportOf(compare(before, now)).exitCode, 0);
});

test("a machine that is slower for all alike changes nothing", (t) => {
  const slow = measured("node-http/unix", 300, 300, 300, 300, 300);
  const now = [answer("hello", ours(300, 303, 306, 309, 312), slow)];
  t.deepEqual(
    compare(before, now).changes.map(({ verdict }) => verdict),
    ["same"],
  );
});

test("what costs less is faster: exit code 0", (t) => {
  const now = [answer("hello", ours(80, 81, 82, 83, 84), yardstick)];
  const { lines, exitCode } = reportOf(compare(before, now));
  t.is(exitCode, 0);
  t.true(lines.some((line) => line.startsWith("faster: hello")));
});

test("a difference of less than a twentieth is no result, however small the spread", (t) => {
  const [was, is] = [1, 1.049].map((median) => ({ median, low: median, high: median }));
  if (was === undefined || is === undefined) throw new Error("two spreads");
  t.is(verdictOf("cpuUs", was, is), "same");
  t.is(verdictOf("cpuUs", was, { median: 1.051, low: 1.051, high: 1.051 }), "slower");
});

test("less throughput is slower, more is faster", (t) => {
  const [little, much] = [
    { median: 0.5, low: 0.4, high: 0.6 },
    { median: 0.9, low: 0.8, high: 1 },
  ] as const;
  t.is(verdictOf("requestsPerSecond", much, little), "slower");
  t.is(verdictOf("requestsPerSecond", little, much), "faster");
});

test("throughput is compared where bodies are large only", (t) => {
  const row = (mbPerSecond?: number): Measured[] =>
    ["uisge-net/unix", "node-http/unix"].map((contestant) => ({
      contestant,
      title: contestant,
      rounds: [{ cpuUs: 1, requestsPerSecond: 1, ...(mbPerSecond === undefined ? {} : { mbPerSecond }) }],
    }));
  const metricsOf = (field: readonly Measured[]): string[] => {
    const answers = [answer("some", ...field)];
    return compare(answers, answers).changes.map(({ metric }) => metric);
  };
  t.deepEqual(metricsOf(row()), ["cpuUs"]);
  t.deepEqual(metricsOf(row(500)), ["cpuUs", "requestsPerSecond"]);
});

test("yardsticks are not compared with each other", (t) => {
  const answers = [answer("hello", yardstick, measured("floor/unix", 50))];
  t.deepEqual(compare(answers, answers).changes, []);
});

test("a row of the release that was not measured now is named", (t) => {
  const released = [answer("hello", ours(1), measured("uisge-direct/unix", 1), yardstick)];
  const now = [answer("hello", ours(1), yardstick)];
  const comparison = compare(released, now);
  t.deepEqual(comparison.missing, ["hello, uisge-direct/unix"]);
  t.true(reportOf(comparison).lines.includes("not measured now: hello, uisge-direct/unix"));
});

test("a question that was not asked now is not missed", (t) => {
  t.deepEqual(compare([...before, answer("idle", ours(1), yardstick)], before).missing, []);
});

test("ratios that spread far are counted, for then the machine was busy", (t) => {
  const now = [answer("hello", ours(90, 95, 103, 130, 140), yardstick)];
  t.is(
    reportOf(compare(before, now)).lines.at(-1),
    "1 of them spread over more than a fifth of their figure: was the machine busy?",
  );
});

test("where nothing can be compared, that is no success: exit code 2", (t) => {
  t.is(reportOf(compare(before, [])).exitCode, 2);
});

test("what is slower stands last, where people look", (t) => {
  const field = (net: number, direct: number): Measured[] => [
    ours(net),
    measured("uisge-direct/unix", direct),
    yardstick,
  ];
  const comparison = compare([answer("hello", ...field(100, 100))], [answer("hello", ...field(200, 50))]);
  t.deepEqual(
    reportOf(comparison).lines.map((line) => line.split(":")[0]),
    ["faster", "slower", "2 ratios compared"],
  );
});
