import test from "ava";
import { goalLines } from "../../bench/report/goals.ts";
import { answer, measured } from "./made-up.ts";

/** The line about hello and node:http, whose goal is 0.8 and whose aim is 0.7. */
function lineFor(us: number): string | undefined {
  const hello = answer("hello", measured("uisge-net/unix", us), measured("node-http/unix", 100));
  return goalLines([hello]).find((line) => line.includes("uisge-net/unix"));
}

test("at the aim, the aim is reached", (t) => {
  t.regex(lineFor(70) ?? "", /^ {2}aim reached .*: 0\.70 \(0\.70-0\.70\); goal <= 0\.8, aim <= 0\.7$/);
});

test("between aim and goal, the goal is reached", (t) => {
  t.regex(lineFor(80) ?? "", /^ {2}reached /);
});

test("above the goal, it is missed", (t) => {
  t.regex(lineFor(81) ?? "", /^ {2}MISSED /);
});

test("where more is better, less than the goal is missed", (t) => {
  const lines = goalLines([answer("upload-10m", flow("uisge-net/unix", 90, 3), flow("node-http/unix", 100, 3))]);
  t.true(lines.some((line) => line.startsWith("  MISSED") && line.includes("0.90")));
});

test("memory above the start may be 20 MB", (t) => {
  t.regex(growthLineFor(20) ?? "", /^ {2}reached .*, upload-10m: 20\.0 \(20\.0-20\.0\) MB; goal <= 20$/);
});

test("memory above the start of more than 20 MB is missed", (t) => {
  t.regex(growthLineFor(20.1) ?? "", /^ {2}MISSED /);
});

test("the memory of node:http stands beside ours, without a verdict", (t) => {
  const lines = goalLines([answer("upload-10m", flow("uisge-direct/unix", 100, 3), flow("node-http/unix", 100, 50))]);
  const beside = lines.find((line) => line.includes("node-http/unix"));
  t.regex(beside ?? "", /^ {14}node-http\/unix +most RSS above the start, upload-10m: 50\.0 \(50\.0-50\.0\) MB$/);
});

test("where direct was measured, net is not judged", (t) => {
  const field = ["uisge-net/unix", "uisge-direct/unix", "node-http/unix"].map((name) => measured(name, 100));
  const lines = goalLines([answer("hello", ...field)]);
  t.deepEqual(
    lines.flatMap((line) => /uisge-\w+\/\w+/.exec(line) ?? []),
    ["uisge-direct/unix"],
  );
});

for (const yardstick of ["node-http", "uwsgi", "floor"]) {
  test(`CPU over TCP is judged beside ${yardstick}, by the marks of unix sockets`, (t) => {
    const marks = ["unix", "tcp"].map((over) => {
      const hello = answer("hello", measured(`uisge-direct/${over}`, 50), measured(`${yardstick}/${over}`, 100));
      return goalLines([hello])[1]?.replace(`uisge-direct/${over}`.padEnd(18), "");
    });
    t.regex(marks[1] ?? "", /0\.50 .* goal <= /);
    t.is(marks[1], marks[0]);
  });
}

test("nothing is said of goals that were not measured", (t) => {
  t.deepEqual(goalLines([answer("json", measured("uisge-net/unix", 1))]), []);
});

/** Requests a second, and megabytes of memory above the start. */
function flow(contestant: string, requestsPerSecond: number, growthMb: number): Parameters<typeof answer>[1] {
  return { contestant, title: contestant, rounds: [{ requestsPerSecond, growthMb }] };
}

function growthLineFor(growthMb: number): string | undefined {
  return goalLines([answer("upload-10m", flow("uisge-direct/unix", 1, growthMb))]).find((line) => line.includes("RSS"));
}

for (const [own, yardstick, goal] of [
  ["uisge-node", "node-http", 1.4],
  ["uisge-express", "node-http-express", 0.95],
  ["uisge-fetch", "node-http-fetch", 1],
] as const) {
  test(`${own} is judged beside ${yardstick}`, (t) => {
    const verdicts = [goal, goal + 0.01].map((ratio) => {
      const hello = answer("interfaces", measured(`${own}/unix`, 100 * ratio), measured(`${yardstick}/unix`, 100));
      return goalLines([hello])[1]?.trim().split(/\s/)[0];
    });
    t.deepEqual(verdicts, ["reached", "MISSED"]);
  });
}
