/** That docs/gateway-rules.md says which rules lint sees broken, and by whom. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { projectRoot } from "../../helpers/project.ts";

const page = readFileSync(join(projectRoot, "docs", "gateway-rules.md"), "utf8");
const rows = [...page.matchAll(/^\| (\d+) \|.*\| *([AS ]*?) *\|$/gm)].map(([, rule, sides = ""]) => ({
  rule: Number(rule),
  sides,
}));

for (const [side, letter] of [
  ["application", "A"],
  ["server", "S"],
] as const) {
  test(`a fault of the ${side} is planted for each rule that the page says lint sees it break, and for no other`, (t) => {
    const source = readFileSync(join(projectRoot, "test", "app", "lint", `${side}-faults.test.ts`), "utf8");
    const planted = [...source.matchAll(/^ {2}\[\s*(\d+),|breaks rule (\d+)/gm)].map(([, a, b]) => Number(a ?? b));
    t.deepEqual(
      [...new Set(planted)].sort((a, b) => a - b),
      rows.filter(({ sides }) => sides.includes(letter)).map(({ rule }) => rule),
    );
  });
}
