/** That no rule of PEP 3333 is without a test. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { projectRoot } from "../../../helpers/project.ts";

const folder = join(projectRoot, "test", "app", "wsgi", "rules");
const sources = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
const titles = sources.join("\n").matchAll(/[tT]est(?:\.serial)?\(\s*["`]pep3333-(\d\d): /g);
const named = new Set(Array.from(titles, ([, number]) => Number(number)));
const numbers = Array.from({ length: 57 }, (_, i) => i + 1);

test("each rule from 1 to 57 is named by a test", (t) => {
  t.deepEqual(
    numbers.filter((number) => !named.has(number)),
    [],
  );
});

test("each rule from 1 to 57 is in docs/gateway-rules.md, once", (t) => {
  const page = readFileSync(join(projectRoot, "docs", "gateway-rules.md"), "utf8");
  const rows = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
  t.deepEqual(rows, numbers);
});
