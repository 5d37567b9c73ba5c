/**
 * What a manager costs, and what two workers are worth: from the start to the first answer and the memory then, beside
 * PM2, uWSGI and gunicorn; how two workers of ours share, and how much more they do than one.
 *
 *     run.js [--rounds N]
 *
 * What is shorter than the default is not kept.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../../test/helpers/front-end-process.ts";
import { endWithUs, exitOnSignals } from "../load/end-with-us.ts";
import { familyOf } from "../load/usage.ts";
import { machine } from "../machine.ts";
import { type Spread, spreadOf } from "../report/statistics.ts";
import { askMany, askOf, firstAnswer } from "./asking.ts";
import { type Manager, managers, startUisge } from "./managers.ts";

const RESULTS = new URL("../../../bench/results/manager.json", import.meta.url);
const DEFAULT_ROUNDS = 5;
const WORKERS = 2;
const MIB = 1_048_576;

exitOnSignals();
const { values } = parseArgs({ options: { rounds: { type: "string" } } });
const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
const folder = mkdtempSync(join(tmpdir(), "managers-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
let runs = 0;

interface Run {
  readonly firstMs: number;
  /** Of all its processes, what they share counted once. */
  readonly memory: number;
  /** Of the master alone. */
  readonly master: number;
}

const rows: { title: string; firstMs: Spread; ratio: Spread; memory: Spread; master: Spread }[] = [];
const samples = new Map<Manager, Run[]>();
for (let round = 0; round < rounds; round++) {
  for (const manager of round % 2 === 0 ? managers : managers.toReversed()) {
    const run = await runOnce(manager);
    if (run !== undefined) samples.set(manager, [...(samples.get(manager) ?? []), run]);
  }
}
const yardstick = samples.get(managers.find(({ title }) => title.startsWith("uWSGI")) as Manager) ?? [];
for (const [{ title }, found] of samples) {
  rows.push({
    title,
    firstMs: spreadOf(found.map(({ firstMs }) => firstMs)),
    ratio: spreadOf(found.map(({ firstMs }, i) => firstMs / (yardstick[i]?.firstMs ?? Number.NaN))),
    memory: spreadOf(found.map(({ memory }) => memory / MIB)),
    master: spreadOf(found.map(({ master }) => master / MIB)),
  });
}
const shares: number[] = [];
const gains: number[] = [];
for (let round = 0; round < rounds; round++) {
  shares.push(await shareOf());
  gains.push(await gainOf());
}
const { cpu, cores, os, node } = machine();
const share = spreadOf(shares);
const gain = spreadOf(gains);
console.log(
  `${cpu}, ${cores} cores, ${os}, Node ${node}; medians and quartiles of ${rounds} rounds, ${WORKERS} workers\n`,
);
for (const { title, firstMs, ratio, memory, master } of rows) {
  console.log(
    `${title.padEnd(18)} first answer ${range(firstMs, 0)} ms, ${range(ratio, 2)} times uWSGI's; memory ${range(memory, 1)} MiB, ` +
      `of that the master ${range(master, 1)}`,
  );
}
console.log(`\nThe busier of two workers answers ${range(share, 2)} of the requests of 32 clients, unix socket`);
console.log(`Two workers do ${range(gain, 2)} times as many requests that take 4 ms of a processor as one does`);
if (rounds >= DEFAULT_ROUNDS) {
  const kept = { date: new Date().toISOString(), cpu, cores, os, node, rounds, rows, share, gain };
  writeFileSync(RESULTS, `${JSON.stringify(kept, undefined, 2)}\n`);
}
process.exit();

function range({ median, low, high }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

async function runOnce(manager: Manager): Promise<Run | undefined> {
  const own = join(folder, String(runs++));
  const socket = manager.speaks === "uwsgi" ? `${own}.sock` : String(await freePort());
  const start = manager.start(socket, WORKERS, own);
  if (start === undefined) return undefined;
  const ask = askOf(manager.speaks, socket);
  const startedAt = performance.now();
  const child = spawned(start);
  const firstMs = await firstAnswer(ask, startedAt);
  // Until all have started and have answered something.
  await askMany(ask, { path: "/", lanes: 8, requests: 2_000 });
  const pids = familyOf(child.pid as number);
  const memory = pids.reduce((sum, pid) => sum + sharedOnce(pid), 0);
  const run = { firstMs, memory, master: sharedOnce(child.pid as number) };
  await end(child);
  return run;
}

/** The share of the busier of two workers. */
async function shareOf(): Promise<number> {
  return withUisge(2, async (socket) => {
    const { byPid } = await askMany(askOf("uwsgi", socket), { path: "/", lanes: 32, requests: 20_000 });
    const counts = [...byPid.values()];
    return Math.max(...counts) / counts.reduce((sum, count) => sum + count, 0);
  });
}

async function gainOf(): Promise<number> {
  const plan = { path: "/burn", lanes: 16, requests: 1_000 };
  const throughput = (workers: number): Promise<number> =>
    withUisge(workers, async (socket) => plan.requests / (await askMany(askOf("uwsgi", socket), plan)).seconds);
  return (await throughput(2)) / (await throughput(1));
}

async function withUisge(workers: number, use: (socket: string) => Promise<number>): Promise<number> {
  const socket = join(folder, `${runs++}.sock`);
  const child = spawned(startUisge(socket, workers));
  const ask = askOf("uwsgi", socket);
  await firstAnswer(ask, performance.now());
  const seen = new Set<number>();
  // All of them shall have started.
  while (seen.size < workers)
    for (const pid of (await askMany(ask, { path: "/", lanes: 8, requests: 200 })).byPid.keys()) seen.add(pid);
  const result = await use(socket);
  await end(child);
  return result;
}

function spawned({
  command: [program, ...args],
  env,
}: {
  command: readonly string[];
  env: NodeJS.ProcessEnv;
}): ChildProcess {
  const child = spawn(program ?? "", args, { env, stdio: ["ignore", "ignore", "ignore"] });
  endWithUs(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  const pids = familyOf(child.pid as number);
  child.kill("SIGKILL");
  await exited;
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has left with its master.
    }
  }
}

/** Proportional set size: a page that n processes share counts 1/n for each. */
function sharedOnce(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return 1_024 * Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]);
}
