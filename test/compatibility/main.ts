/**
 * Makes docs/compatibility.md: each application of the grid, asked on both sides.
 *
 *     npm run compatibility -- [--upload 52428800] [--only "Koa 3"] [--check]
 *
 * `--only` asks one row, and writes nothing; nor does `--check`. A build of Nitro is made in a temporary folder, with packages
 * from npm. Exit code 1: a difference that is not explained.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { projectRoot } from "../helpers/project.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { cells } from "./cells.ts";
import { cellsOf, Pair } from "./compare.ts";
import { type Outcome, page, type RowOutcome } from "./document.ts";
import { explain, knownDifferences } from "./known-differences.ts";
import { buildNitro } from "./nitro.ts";
import { type Row, rows } from "./rows.ts";

const MB = 1024 * 1024;

/** What came out of a row, and lines about differences that nobody has explained. */
async function ask(row: Row, uploadBytes: number): Promise<{ outcome: RowOutcome; faults: string[] }> {
  const outcomes = new Map<string, Outcome>();
  const faults: string[] = [];
  await using pair = await Pair.start(row);
  for (const cell of cellsOf(row)) {
    const numbers = new Set<number>();
    for (const difference of await pair.compare(cell, uploadBytes)) {
      const number = explain(row.name, cell.name, difference);
      if (number === undefined) faults.push(`${row.name}, ${cell.name}: only ${difference.only}: ${difference.line}`);
      else numbers.add(number);
    }
    outcomes.set(cell.name, numbers);
  }
  return { outcome: { name: row.name, by: row.by, outcomes }, faults };
}

/** The version of each package of a row, for the page. */
function versions(): string {
  const packages = ["express", "koa", "fastify", "hono", "@hono/node-server", "h3", "srvx", "ws"];
  return packages
    .map((name) => {
      const text = readFileSync(join(projectRoot, "node_modules", name, "package.json"), "utf8");
      return `${name} ${(JSON.parse(text) as { version: string }).version}`;
    })
    .join(", ");
}

const { values } = parseArgs({
  options: {
    upload: { type: "string", default: String(50 * MB) },
    only: { type: "string" },
    check: { type: "boolean", default: false },
  },
});
using folder = tempFolder();
const all = values.only === undefined ? [...rows, buildNitro(folder.path)] : rows;
const asked = all.filter(({ name }) => values.only === undefined || name === values.only);
const done: RowOutcome[] = [];
const faults: string[] = [];
for (const row of asked) {
  const { outcome, faults: found } = await ask(row, Number(values.upload));
  done.push(outcome);
  faults.push(...found);
  const differ = [...outcome.outcomes.values()].filter((numbers) => (numbers?.size ?? 0) > 0).length;
  console.log(
    `${row.name}: ${outcome.outcomes.size} cells, ${differ} with explained differences, ${found.length} faults`,
  );
}
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else if (values.only === undefined && !values.check) {
  const facts = [
    `${versions()}, nitropack 2.13.6`,
    `uploads of ${Number(values.upload) / MB} MB, downloads of 3 MB; nginx with its default buffers, keep-alive to node:http`,
  ];
  const names = cells.map(({ name }) => name);
  writeFileSync(join(projectRoot, "docs/compatibility.md"), page(names, done, knownDifferences, facts));
}
