/** `docs/front-ends.md` tells of every difference that the smoke list knows, and of no other. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { projectRoot } from "../../helpers/project.ts";
import { smokeList } from "./smoke-list.ts";

test("the table of differences in docs/front-ends.md is the one that the tests run", (t) => {
  const page = readFileSync(join(projectRoot, "docs/front-ends.md"), "utf8");
  const [, ...rows] = page.slice(page.indexOf("| front end | what it does instead | why |")).split("\n");
  const end = rows.findIndex((row) => !row.startsWith("|"));
  t.deepEqual(rows.slice(1, end), differenceRows());
});

function differenceRows(): string[] {
  const rows = smokeList.flatMap(({ unless = [] }) =>
    unless.map(
      ({ frontEnd, over, instead, why }) =>
        `| ${frontEnd}${over === undefined ? "" : `, over ${over}`} | ${escape(instead)} | ${escape(why)} |`,
    ),
  );
  return rows.sort();
}

/** A bar would end the cell, angle brackets would be HTML. */
function escape(text: string): string {
  return text.replace(/[|<>\\`[\]{}]/g, (character) => `\\${character}`);
}
