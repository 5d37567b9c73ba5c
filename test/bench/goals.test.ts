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
  const flow = (contestant: string, requestsPerSecond: number): Parameters<typeof answer>[1] => ({
    contestant,
    title: contestant,
    rounds: [{ requestsPerSecond, growthMb: 3 }],
  });
  const lines = goalLines([answer("upload-10m", flow("uisge-net/unix", 90), flow("node-http/unix", 100))]);
  t.true(lines.some((line) => line.startsWith("  MISSED") && line.includes("0.90")));
  t.true(lines.some((line) => line.includes("most RSS above the start, upload-10m, uisge-net/unix: 3.0")));
});

test("nothing is said of goals that were not measured", (t) => {
  t.deepEqual(goalLines([answer("json", measured("uisge-net/unix", 1))]), []);
});
