/** Asks questions about the codec and prints a table; when it was all of them, writes `bench/results/codec.json`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, release, type } from "node:os";

import { CWalk } from "./c-walk.ts";
import { question as encode } from "./encode.bench.ts";
import { question as environ } from "./environ.bench.ts";
import { question as fiveVars } from "./five-vars.bench.ts";
import { allocations, heapGrowthPerParse } from "./heap.ts";
import { question as object } from "./object.bench.ts";
import { question as parse } from "./parse.bench.ts";
import { ask, type Row } from "./rounds.ts";
import { question as valueSize } from "./value-size.bench.ts";
import { question as varCount } from "./var-count.bench.ts";

const ROUNDS = 15;
const RESULTS = new URL("../../../bench/results/", import.meta.url);

const asked = process.argv.slice(2);
const all = [parse, object, environ, fiveVars, encode, varCount, valueSize];
/** `run.js parse`: only questions with that word in them, which is not kept. */
const questions = all.filter(({ title }) => asked.length === 0 || asked.some((word) => title.includes(word)));
const groupCount = questions.reduce((sum, { groups }) => sum + groups.length, 0);
const cWalk = CWalk.compile();
const rows: Row[] = [];
let done = 0;
progress();
for (const question of questions) {
  for await (const some of ask(question, ROUNDS, cWalk)) {
    rows.push(...some);
    done++;
    progress();
  }
}
cWalk?.close();
const heapGrowth = heapGrowthPerParse();
const allocated = allocations();
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");

const machine = {
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  os: `${type()} ${release()}`,
  node: process.version,
};
console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.os}, Node ${machine.node}; medians of ${ROUNDS} rounds`);
if (cWalk === undefined) console.log("no C compiler (cc) here: the rows of the C walk, and ratios to it, are left out");
for (const { title } of questions) printTable(title);
console.log(`\nHeap growth per parse when nothing is read: ${heapGrowth.toFixed(2)} bytes`);
console.log("\nBytes taken from the heap for one packet");
for (const { what, bytes } of allocated) console.log(`    ${what.padEnd(60)}${bytes.toFixed(0).padStart(8)}`);

if (asked.length === 0) keep();
else console.log("\nOnly a part of the questions, so it is not kept");

function keep(): void {
  mkdirSync(RESULTS, { recursive: true });
  const results = {
    date: new Date().toISOString(),
    ...machine,
    rounds: ROUNDS,
    cWalk: cWalk !== undefined,
    heapGrowth,
    allocated,
    rows,
  };
  writeFileSync(new URL("codec.json", RESULTS), `${JSON.stringify(results, undefined, 2)}\n`);
}

function progress(): void {
  if (process.stderr.isTTY) process.stderr.write(`\rmeasuring: ${done} of ${groupCount} groups`);
  else if (done % 5 === 0 || done === groupCount) console.error(`measuring: ${done} of ${groupCount} groups`);
}

function printTable(title: string): void {
  console.log(`\n${title}`);
  let group: string | undefined;
  for (const row of rows.filter(({ question }) => question === title)) {
    if (row.group !== group) console.log(`  ${row.group}`);
    ({ group } = row);
    const { ratio, spread } = row;
    const compared =
      ratio === undefined || spread === undefined
        ? ""
        : `${ratio.toFixed(2)}x ${row.yardstick} (${spread[0].toFixed(2)} to ${spread[1].toFixed(2)})`;
    console.log(`    ${row.contestant.padEnd(36)}${row.nsPerPacket.toFixed(0).padStart(8)} ns  ${compared}`.trimEnd());
  }
}
