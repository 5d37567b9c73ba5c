import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test from "ava";
import { projectRoot } from "../helpers/project.ts";

interface Script {
  countsIn(text: string): { readonly passed: number; readonly failed: number } | undefined;
}

const script = (await import(pathToFileURL(join(projectRoot, "scripts", "upstream-suite.js")).href)) as Script;

for (const [runner, text, passed, failed] of [
  ["mocha", "  \u001B[32m 1241 passing\u001B[0m (7s)\n  4 pending\n  15 failing\n", 1241, 15],
  ["mocha without a failure", "  1256 passing (7s)\n  4 pending\n", 1256, 0],
  ["node:test in TAP", "# tests 433\n# pass 431\n# fail 2\n", 431, 2],
  ["node:test in its own words", "\u2139 tests 433\n\u2139 pass 431\n\u2139 fail 2\n", 431, 2],
  ["vitest", " Test Files  1 failed | 9 passed (10)\n      Tests  3 failed | 120 passed (123)\n", 120, 3],
] as const) {
  test(`the counts of ${runner} are read`, (t) => t.deepEqual(script.countsIn(text), { passed, failed }));
}

test("where nothing is counted, there are no counts", (t) => {
  t.is(script.countsIn("Error: Cannot find module 'mocha'\n"), undefined);
});
