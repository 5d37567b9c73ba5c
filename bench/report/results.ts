/** What was measured, as it is kept in `bench/results`, and how ratios are made of it. Pure. */
import { type Spread, spreadOf } from "./statistics.ts";

/** What is measured in a round. Times of a request, memory of the backend. */
export type Metric =
  | "cpuUs"
  | "requestsPerSecond"
  | "mbPerSecond"
  | "p50Ms"
  | "p99Ms"
  | "rssMb"
  | "growthMb"
  | "bytesPerConnection";

export type Figures = Readonly<Partial<Record<Metric, number>>>;

/** How one contestant compares with another one, round by round. */
export interface Ratio extends Spread {
  readonly metric: Metric;
  /** Key of the contestant it is compared with. */
  readonly yardstick: string;
}

export interface Row {
  /** Such as "32 connections"; empty where there is only one. */
  readonly variation: string;
  /** Backend and where it listens: `uisge-net/unix`. */
  readonly contestant: string;
  readonly title: string;
  /** As measured, in order. */
  readonly rounds: readonly Figures[];
  readonly summary: Readonly<Partial<Record<Metric, Spread>>>;
  readonly ratios: readonly Ratio[];
}

/** One question and what came out. */
export interface Answer {
  readonly question: string;
  readonly title: string;
  /** ISO 8601. */
  readonly askedAt: string;
  readonly rounds: number;
  /** Of a round; 0 where it lasts as long as it takes. */
  readonly seconds: number;
  /** What was done otherwise than planned. */
  readonly notes: readonly string[];
  readonly rows: readonly Row[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly os: string;
  readonly node: string;
  /** Versions of nginx, wrk and the like. */
  readonly programs: Readonly<Record<string, string>>;
}

export interface Results {
  /** Version of uisge. */
  readonly version: string;
  readonly machine: Machine;
  /** Backends that were not there, and why. */
  readonly leftOut: readonly string[];
  readonly answers: readonly Answer[];
}

/** What the rounds of all contestants in one variation have brought. */
export interface Measured {
  readonly contestant: string;
  readonly title: string;
  readonly rounds: readonly Figures[];
}

/** Metrics that are compared. */
const compared: readonly Metric[] = ["cpuUs", "requestsPerSecond", "bytesPerConnection"];

/** Sums up a variation. Each contestant is compared with every other one that listens in the same way. */
export function rowsOf(variation: string, measured: readonly Measured[]): Row[] {
  return measured.map((one) => ({
    variation,
    contestant: one.contestant,
    title: one.title,
    rounds: one.rounds,
    summary: summaryOf(one.rounds),
    ratios: measured
      .filter((other) => other !== one && overOf(other.contestant) === overOf(one.contestant))
      .flatMap((other) => compared.flatMap((metric) => ratioOf(metric, one, other) ?? [])),
  }));
}

/**
 * What is kept: the answers of before, those that were asked anew in place of their old selves. Of another
 * version or machine nothing stays.
 */
export function merge(before: Results | undefined, now: Results): Results {
  if (before === undefined || before.version !== now.version) return now;
  if (JSON.stringify(before.machine) !== JSON.stringify(now.machine)) return now;
  const asked = new Set(now.answers.map(({ question }) => question));
  return { ...now, answers: [...before.answers.filter(({ question }) => !asked.has(question)), ...now.answers] };
}

/** The first row of a contestant, if it was measured. */
export function rowIn(answers: readonly Answer[], question: string, contestant: string): Row | undefined {
  return answers.find((answer) => answer.question === question)?.rows.find((row) => row.contestant === contestant);
}

export function ratioTo(row: Row | undefined, metric: Metric, yardstick: string): Ratio | undefined {
  return row?.ratios.find((ratio) => ratio.metric === metric && ratio.yardstick === yardstick);
}

function summaryOf(rounds: readonly Figures[]): Row["summary"] {
  const metrics = Object.keys(rounds[0] ?? {}) as Metric[];
  return Object.fromEntries(metrics.map((metric) => [metric, spreadOf(rounds.map((round) => round[metric] ?? NaN))]));
}

/** Paired: what the machine did in a round it did to both. */
function ratioOf(metric: Metric, one: Measured, other: Measured): Ratio | undefined {
  const ratios = one.rounds.map((round, i) => (round[metric] ?? NaN) / (other.rounds[i]?.[metric] ?? NaN));
  if (ratios.length === 0 || !ratios.every(Number.isFinite)) return undefined;
  return { metric, yardstick: other.contestant, ...spreadOf(ratios) };
}

/** `uisge-net/unix` -> `unix`. */
function overOf(contestant: string): string {
  return contestant.slice(contestant.indexOf("/") + 1);
}
