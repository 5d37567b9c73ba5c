/** The grid, quickly: every application asked on node:http and over uwsgi, both behind a real nginx. */
import test from "ava";
import { needs } from "../helpers/needs.ts";
import { cellsOf, Pair } from "./compare.ts";
import { explain, knownDifferences } from "./known-differences.ts";
import { differences } from "./observe.ts";
import { type Row, rows } from "./rows.ts";

const UPLOAD_BYTES = 2_000_000;

const nginxTest = needs("nginx");

/** One pair runs at a time; the tests of a row come one after the other. */
let running: { readonly row: Row; readonly pair: Pair } | undefined;

async function pairOf(row: Row): Promise<Pair> {
  if (running?.row !== row) {
    await running?.pair[Symbol.asyncDispose]();
    running = undefined;
    running = { row, pair: await Pair.start(row) };
  }
  return running.pair;
}

test.after.always(() => running?.pair[Symbol.asyncDispose]());

for (const row of rows) {
  for (const cell of cellsOf(row)) {
    nginxTest.serial(`${row.name} by the ${row.by}: ${cell.name} is as on node:http`, async (t) => {
      const pair = await pairOf(row);
      const found = await pair.compare(cell, UPLOAD_BYTES);
      t.deepEqual(
        found.filter((difference) => explain(row.name, cell.name, difference) === undefined),
        [],
        pair.onUwsgi.output(),
      );
    });
  }
}

test("a line that one side has more often than the other is a difference", (t) => {
  t.deepEqual(differences(["a", "a", "b"], ["c", "a", "b"]), [
    { only: "node:http", line: "a" },
    { only: "uwsgi", line: "c" },
  ]);
});

test("a difference is explained only in the rows, the cells and on the side that it is known of", (t) => {
  const broken = { only: "node:http", line: "broken off" } as const;
  t.is(explain("Koa 3", "failure behind the head", broken), 0);
  t.is(explain("Koa 3", "GET", broken), undefined);
  t.is(explain("Koa 3", "failure behind the head", { ...broken, only: "uwsgi" }), undefined);
  t.true(knownDifferences.every(({ onNode, onUwsgi }) => onNode !== undefined || onUwsgi !== undefined));
});
