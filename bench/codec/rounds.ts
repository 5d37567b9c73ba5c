/**
 * Runs a question in rounds. benny times contestants one after another, so on a busy machine two of
 * them meet different machines; in rounds all meet the same ones in turn, a ratio is taken within a
 * round, and the median of these is the result.
 */
import benny from "benny";

import { C_WALK, type Contestant } from "../cases/contestants.ts";
import type { CWalk } from "./c-walk.ts";
import type { Group, Question } from "./question.ts";

export interface Row {
  readonly question: string;
  readonly group: string;
  readonly contestant: string;
  /** Median over the rounds. */
  readonly nsPerPacket: number;
  readonly yardstick: string;
  /** Median of the ratios to the yardstick in the same round; undefined without a yardstick. */
  readonly ratio: number | undefined;
  /** Quarter and three quarters of those ratios. */
  readonly spread: readonly [low: number, high: number] | undefined;
}

/** benny's word for a short measurement: accuracy comes from the number of rounds. */
const SHORT = { delay: 0, initCount: 1, minSamples: 3, minTime: 0.005, maxTime: 0.02 };

/** The last answer, so that none can be optimised away. */
export const sink: { last: unknown } = { last: undefined };

export async function* ask(question: Question, rounds: number, cWalk: CWalk | undefined): AsyncGenerator<Row[]> {
  for (const group of question.groups) {
    for (const contestant of group.contestants) contestant.check();
    const times = new Map<string, number[]>();
    for (let round = -1; round < rounds; round++) {
      const measured = await measure(group, cWalk, round % 2 === 1);
      // The first is for the compiler.
      if (round < 0) continue;
      for (const [name, ns] of measured) times.set(name, [...(times.get(name) ?? []), ns]);
    }
    yield rowsOf(question, group, times);
  }
}

async function measure(group: Group, cWalk: CWalk | undefined, reversed: boolean): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  if (group.walked.length > 0 && cWalk !== undefined) times.set(C_WALK, cWalk.run(group.walked));
  const contestants = reversed ? group.contestants.toReversed() : group.contestants;
  const summary = await quietly(() => benny.suite(group.title, ...contestants.map(entry)));
  for (const { name, details } of summary.results) times.set(name, (details.median * 1e9) / BATCH);
  return times;
}

function entry({ name, run }: Contestant): ReturnType<typeof benny.add> {
  return benny.add(name, () => batchOf(run), SHORT);
}

/**
 * benny compiles its loop anew for each measurement, so the first calls are slow ones: with a batch
 * of packets in each call they do not count.
 */
const BATCH = 200;
const batches = new Map<() => unknown, () => void>();

function batchOf(run: () => unknown): () => void {
  const known = batches.get(run);
  if (known !== undefined) return known;
  const batch = (): void => {
    let last: unknown;
    for (let i = 0; i < BATCH; i++) last = run();
    sink.last = last;
  };
  batches.set(run, batch);
  return batch;
}

/** benny announces every suite; here that is once a round. */
async function quietly<T>(run: () => Promise<T>): Promise<T> {
  const { log } = console;
  console.log = () => {};
  try {
    return await run();
  } finally {
    console.log = log;
  }
}

function rowsOf(question: Question, group: Group, times: ReadonlyMap<string, readonly number[]>): Row[] {
  const yardstickOf = new Map(group.contestants.map(({ name, yardstick }) => [name, yardstick]));
  return Array.from(times, ([contestant, ns]) => {
    const yardstick = yardstickOf.get(contestant) ?? contestant;
    const unit = times.get(yardstick);
    const ratios =
      unit === undefined || yardstick === contestant ? [] : ns.map((value, i) => value / (unit[i] ?? Number.NaN));
    return {
      question: question.title,
      group: group.title,
      contestant,
      nsPerPacket: quantile(ns, 0.5),
      yardstick,
      ratio: ratios.length === 0 ? undefined : quantile(ratios, 0.5),
      spread: ratios.length === 0 ? undefined : [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    };
  });
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] as number;
}
