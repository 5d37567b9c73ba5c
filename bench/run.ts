/**
 * The side-by-side: our server and those that one could take instead, behind the same nginx, in turn.
 * Prints tables, writes `bench/results/side-by-side.json` and `docs/side-by-side.svg`. `README.md` says how.
 */
import { benchOptions } from "./arguments.ts";
import { exitOnSignals } from "./load/end-with-us.ts";
import { missingPrograms } from "./machine.ts";
import { sideBySide } from "./measure/side-by-side.ts";
import { goalLines } from "./report/goals.ts";
import { merge } from "./report/results.ts";
import { readResults, writeResults } from "./report/store.ts";
import { tableOf } from "./report/table.ts";

exitOnSignals();
const options = benchOptions(process.argv.slice(2));
const missing = missingPrograms();
if (missing.length > 0) throw new Error(`not installed: ${missing.join(", ")}`);

const results = await sideBySide(options, (line) => console.log(line));
const { cpu, cores, os, node, programs } = results.machine;
console.log(`${cpu}, ${cores} cores, ${os}, Node ${node}`);
console.log(
  Object.entries(programs)
    .map(([program, version]) => `${program} ${version}`)
    .join(", "),
);
for (const answer of results.answers) console.log(`\n${tableOf(answer).join("\n")}`);
console.log(`\n${goalLines(results.answers).join("\n")}`);

if (options.isSketch) {
  console.log(`\nToo short or too narrow to be kept: ${writeResults("sketch", results)}`);
} else {
  const answers = merge(readResults("kept")?.answers ?? [], results.answers);
  console.log(`\nWritten: ${writeResults("kept", { ...results, answers })}`);
}
