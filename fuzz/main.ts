/**
 * Fuzzes until time or cases are used up, or something is found.
 *
 *     npm run fuzz -- [--seconds 60] [--count 10000000] [--seed 123] [--only packets]
 *     npm run fuzz -- --only packets --hex 00010000
 *
 * Exit code 0: nothing found. 1: a finding, or memory that grew. 2: wrong arguments.
 */
import { parseArgs } from "node:util";
import { Fuzzer, type Found } from "./fuzzer.ts";
import { heapAfterCollection, MAX_GROWTH_BYTES } from "./memory.ts";
import { takeStrays } from "./sequences/stray.ts";
import { shrink } from "./shrink.ts";
import { examine, type Target } from "./target.ts";
import { connectionTarget } from "./targets/connections.ts";
import { environTarget } from "./targets/environ.ts";
import { exchangeTarget } from "./targets/exchanges.ts";
import { headTarget } from "./targets/heads.ts";
import { packetTarget } from "./targets/packets.ts";
import { responseTarget } from "./targets/responses.ts";
import { sequenceTarget } from "./targets/sequences.ts";

const TURN_MS = 100;
const PROGRESS_MS = 5_000;
/** Part of a run behind which memory is measured first: by then code is compiled and tables are full. */
const WARM_UP = 0.2;

interface Options {
  readonly targets: readonly Target[];
  readonly seed: number;
  readonly seconds: number;
  readonly count: number;
  readonly hex: string | undefined;
}

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
  return options.hex === undefined ? fuzz(options) : replay(options.targets[0], options.hex);
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string" },
      count: { type: "string" },
      seed: { type: "string" },
      only: { type: "string" },
      hex: { type: "string" },
    },
  });
  const { seed, only, hex, count, seconds = count === undefined ? "60" : "Infinity" } = values;
  const all = [
    packetTarget(),
    environTarget(),
    headTarget(),
    responseTarget(),
    sequenceTarget(),
    exchangeTarget(),
    connectionTarget(),
  ];
  const targets = only === undefined ? all : all.filter(({ name }) => name === only);
  if (targets.length === 0) throw new Error(`--only is one of ${all.map(({ name }) => name).join(", ")}`);
  if (hex !== undefined && (only === undefined || !/^([0-9a-f]{2})*$/i.test(hex))) {
    throw new Error("--hex is the bytes of one input, and needs --only with its target");
  }
  const options = {
    targets,
    seed: seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(seed),
    seconds: Number(seconds),
    count: Number(count ?? "Infinity"),
    hex,
  };
  for (const name of ["seed", "seconds", "count"] as const) {
    if (!(options[name] >= 0)) throw new Error(`--${name} is a number`);
  }
  return options;
}

async function fuzz({ targets, seed, seconds, count }: Options): Promise<number> {
  console.log(`seed ${seed}`);
  // Most inputs end with an error, and its stack would take longer than all the rest. A finding is run again with it.
  Error.stackTraceLimit = 0;
  const fuzzer = new Fuzzer(targets, seed, count);
  const progress = new Progress(fuzzer);
  let warmHeap: number | undefined;
  while (!fuzzer.isDone && progress.seconds < seconds) {
    const found = await fuzzer.turn(TURN_MS);
    if (found !== undefined) {
      await report(found, seed);
      return 1;
    }
    progress.tell();
    if (warmHeap === undefined && Math.max(progress.seconds / seconds, progress.cases / count) >= WARM_UP) {
      warmHeap = await heapAfterCollection();
    }
  }
  const heap = await heapAfterCollection();
  const grown = heap - (warmHeap ?? heap);
  console.log(
    `${progress.counts}; ${progress.cases} cases in ${progress.seconds.toFixed(0)} s, no findings; ` +
      `heap ${megabytes(warmHeap ?? heap)} after the warm-up, ${megabytes(heap)} at the end`,
  );
  const strays = takeStrays();
  for (const stray of strays) console.log("left uncaught behind the last case:", stray);
  if (grown <= MAX_GROWTH_BYTES) return strays.length === 0 ? 0 : 1;
  console.log(
    `memory is not bounded: it grew by ${megabytes(grown)}, at most ${megabytes(MAX_GROWTH_BYTES)} are allowed`,
  );
  return 1;
}

/** Says how far it is. */
class Progress {
  private readonly fuzzer: Fuzzer;
  private readonly startedAt = performance.now();
  private toldAt = this.startedAt;
  private toldCases = 0;

  constructor(fuzzer: Fuzzer) {
    this.fuzzer = fuzzer;
  }

  get seconds(): number {
    return (performance.now() - this.startedAt) / 1_000;
  }

  get cases(): number {
    return [...this.fuzzer.counts.values()].reduce((sum, done) => sum + done, 0);
  }

  get counts(): string {
    return [...this.fuzzer.counts].map(([name, done]) => `${name} ${done}`).join(", ");
  }

  tell(): void {
    const now = performance.now();
    if (now - this.toldAt < PROGRESS_MS) return;
    const perSecond = ((this.cases - this.toldCases) * 1_000) / (now - this.toldAt);
    console.log(
      `${this.seconds.toFixed(0)} s: ${this.counts}; ${perSecond.toFixed(0)} cases/s, ` +
        `${megabytes(process.memoryUsage.rss())} resident`,
    );
    this.toldAt = now;
    this.toldCases = this.cases;
  }
}

async function report(found: Found, seed: number): Promise<void> {
  const { target, index } = found;
  console.log(`found by seed ${seed} in case ${index} of ${target.name}: ${found.finding.rule}`);
  const { input, finding: short } = await shrink(target, found);
  Error.stackTraceLimit = 20;
  const finding = (await examine(target, input)) ?? short;
  console.log(`rule: ${finding.rule}\nseen: ${finding.seen}`);
  console.log(`input: ${input.length} bytes, ${found.input.length} before it was shrunk`);
  console.log(`again: npm run fuzz -- --only ${target.name} --hex ${Buffer.from(input).toString("hex")}`);
}

/** One input again. */
async function replay(target: Target | undefined, hex: string): Promise<number> {
  if (target === undefined) return 2;
  const finding = await examine(target, new Uint8Array(Buffer.from(hex, "hex")));
  console.log(finding === undefined ? "nothing found" : `rule: ${finding.rule}\nseen: ${finding.seen}`);
  return finding === undefined ? 0 : 1;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

try {
  process.exitCode = await main();
} catch (error) {
  // Not left to the process: the targets make it go on after errors that nobody catches.
  console.error(error);
  process.exitCode = 1;
}
