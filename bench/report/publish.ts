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

/** Writes the results, and the chart of all that is kept; of a short or narrow run neither. Answers where. */
export function keep(results: Results, { isSketch }: Pick<BenchOptions, "isSketch">): string {
  if (isSketch) return `Too short or too narrow to be kept, so it is in ${writeResults("sketch", results)}`;
  const all = merge(readResults("kept"), results);
  return `Written: ${writeResults("kept", all)}, ${writeChart(chart(all.answers))}`;
}
