/** What has become slower since the last release. Pure. */
import { type Answer, type Metric, ratioTo, type Row } from "./results.ts";
import { describeSpread, yardstickFor } from "./table.ts";
import type { Spread } from "./statistics.ts";

/** Our own backends begin with this. */
const OURS = "uisge-";

/** The steadiest yardsticks: each ratio to one of them is looked at. */
const yardsticks = ["node-http", "uwsgi", "floor"] as const;

/** Below this part a difference is no result, however small the spread of a few rounds happens to be. */
const LEAST_CHANGE = 0.05;

/** A spread wider than this part of its figure tells of a busy machine more than of the code. */
const BUSY = 0.2;

export interface Change {
  readonly question: string;
  readonly variation: string;
  readonly contestant: string;
  readonly metric: Metric;
  readonly yardstick: string;
  readonly before: Spread;
  readonly now: Spread;
  readonly verdict: "slower" | "faster" | "same";
}

export interface Comparison {
  readonly changes: readonly Change[];
  /** Rows of the release that were not measured now: question, variation and contestant. */
  readonly missing: readonly string[];
}

/** Compares our rows, as ratios to the yardsticks, for all questions that were asked both times. */
export function compare(before: readonly Answer[], now: readonly Answer[]): Comparison {
  const changes: Change[] = [];
  const missing: string[] = [];
  for (const { question, rows } of before) {
    const answer = now.find((other) => other.question === question);
    if (answer === undefined) continue;
    for (const row of rows.filter(({ contestant }) => contestant.startsWith(OURS))) {
      const { variation, contestant } = row;
      const found = answer.rows.find((other) => other.contestant === contestant && other.variation === variation);
      if (found === undefined) missing.push([question, variation, contestant].filter((text) => text !== "").join(", "));
      else changes.push(...changesOf(question, row, found));
    }
  }
  return { changes, missing };
}

/** A ratio has become worse when the spreads do not touch, and the medians are far enough from each other. */
export function verdictOf(metric: Metric, before: Spread, now: Spread): Change["verdict"] {
  if (isAbove(now, before)) return isHigherBetter(metric) ? "faster" : "slower";
  if (isAbove(before, now)) return isHigherBetter(metric) ? "slower" : "faster";
  return "same";
}

/** What people are told, and the exit code: 1 when something is slower, 2 when nothing could be compared. */
export function reportOf({ changes, missing }: Comparison): { lines: string[]; exitCode: number } {
  const lines = changes
    .filter(({ verdict }) => verdict !== "same")
    .toSorted((a, b) => (a.verdict === b.verdict ? 0 : a.verdict === "slower" ? 1 : -1))
    .map(describe);
  for (const row of missing) lines.push(`not measured now: ${row}`);
  if (changes.length === 0) return { lines: [...lines, "there is nothing to compare"], exitCode: 2 };
  const count = (verdict: Change["verdict"]): number => changes.filter((change) => change.verdict === verdict).length;
  lines.push(
    `${changes.length} ratios compared: ${count("slower")} slower, ${count("faster")} faster, ${count("same")} within the spread`,
  );
  const busy = changes.filter(({ now }) => now.high - now.low > BUSY * now.median).length;
  if (busy > 0) lines.push(`${busy} of them spread over more than a fifth of their figure: was the machine busy?`);
  return { lines, exitCode: count("slower") > 0 ? 1 : 0 };
}

function changesOf(question: string, before: Row, now: Row): Change[] {
  return metricsOf(before).flatMap((metric) =>
    yardsticks.flatMap((backend) => {
      const yardstick = yardstickFor(before, backend);
      const [was, is] = [ratioTo(before, metric, yardstick), ratioTo(now, metric, yardstick)];
      if (was === undefined || is === undefined) return [];
      const { variation, contestant } = before;
      const verdict = verdictOf(metric, was, is);
      return [{ question, variation, contestant, metric, yardstick, before: was, now: is, verdict }];
    }),
  );
}

/** Throughput counts where bodies are large: elsewhere it says what wrk and nginx leave of the machine. */
function metricsOf({ summary }: Row): Metric[] {
  if (summary.bytesPerConnection !== undefined) return ["bytesPerConnection"];
  return summary.mbPerSecond === undefined ? ["cpuUs"] : ["cpuUs", "requestsPerSecond"];
}

function isHigherBetter(metric: Metric): boolean {
  return metric === "requestsPerSecond";
}

function isAbove(one: Spread, other: Spread): boolean {
  return one.low > other.high && one.median > other.median * (1 + LEAST_CHANGE);
}

const names: Readonly<Partial<Record<Metric, string>>> = {
  cpuUs: "CPU per request",
  requestsPerSecond: "throughput",
  bytesPerConnection: "memory per connection",
};

function describe({ verdict, question, variation, contestant, metric, yardstick, before, now }: Change): string {
  const where = [question, variation, contestant].filter((text) => text !== "").join(", ");
  const figures = `${describeSpread(now, 2)}, was ${describeSpread(before, 2)}`;
  return `${verdict}: ${where}: ${names[metric] ?? metric} / ${yardstick} is ${figures}`;
}
