import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test from "ava";
import { projectRoot } from "../helpers/project.ts";

interface Sum {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Runner {
  sumOf(lines: readonly string[], exitCode: number): Sum;
  describeSum(sums: readonly Sum[]): string;
}

const runner = (await import(pathToFileURL(join(projectRoot, "scripts", "test-nodes.js")).href)) as Runner;

test("the last line with numbers counts", (t) => {
  const lines = ["3 passed, 2 failed, 1 skipped", "10 passed, 0 failed, 4 skipped", "something behind it"];
  t.deepEqual(runner.sumOf(lines, 0), { passed: 10, failed: 0, skipped: 4 });
});

test("a run that says nothing is a failure", (t) => {
  t.deepEqual(runner.sumOf(["Segmentation fault"], 139), { passed: 0, failed: 1, skipped: 0 });
});

test("a run that failed is one, whatever it said", (t) => {
  t.deepEqual(runner.sumOf(["5 passed, 0 failed, 1 skipped"], 1), { passed: 5, failed: 1, skipped: 1 });
  t.deepEqual(runner.sumOf(["5 passed, 2 failed, 0 skipped"], 1), { passed: 5, failed: 2, skipped: 0 });
});

test("sums are added up in the words of all runs", (t) => {
  const sums = [
    { passed: 1, failed: 2, skipped: 3 },
    { passed: 10, failed: 20, skipped: 30 },
  ];
  t.is(runner.describeSum(sums), "11 passed, 22 failed, 33 skipped");
});
