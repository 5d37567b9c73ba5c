/** Prints what was measured, and keeps it. */
import type { BenchOptions } from "../arguments.ts";
import { chart } from "./chart.ts";
import { merge, type Results } from "./results.ts";
import { readResults, writeChart, writeResults } from "./store.ts";
import { tableOf } from "./table.ts";

export function print({ machine: { cpu, cores, os, node, programs }, answers }: Results): void {
  const versions = Object.entries(programs).map(([program, version]) => `${program} ${version}`);
  console.log(`${cpu}, ${cores} cores, ${os}, Node ${node}\n${versions.join(", ")}`);
  for (const answer of answers) console.log(`\n${tableOf(answer).join("\n")}`);
}

/** Writes the results, and the chart of all that is kept; of a short or narrow run neither. */
export function keep(results: Results, { isSketch }: Pick<BenchOptions, "isSketch">): void {
  if (isSketch) {
    console.log(`\nToo short or too narrow to be kept, so it is in ${writeResults("sketch", results)}`);
    return;
  }
  const all = merge(readResults("kept"), results);
  console.log(`\nWritten: ${writeResults("kept", all)}, ${writeChart(chart(all.answers))}`);
}
