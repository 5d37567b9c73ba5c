/**
 * Asks a question under load. All contestants run, and are measured in turn, A B C A B C: what the machine
 * does in a round it does to all of them.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Application, bytesOf } from "../applications/applications.ts";
import { BackendProcess } from "../load/backend-process.ts";
import { runWrk } from "../load/run-wrk.ts";
import { cpuUs, memory, resetPeak } from "../load/usage.ts";
import { faultOf, wrkScript } from "../load/wrk.ts";
import type { Progress } from "../report/progress.ts";
import { type Figures, type Measured, type Row, rowsOf } from "../report/results.ts";
import { checkAnswer } from "./check-answer.ts";
import type { Contestant } from "./contestant.ts";
import type { LoadQuestion, Variation } from "./questions.ts";

/** Seconds of load before the first round: for the compilers of Node. */
export const WARM_UP_SECONDS = 2;

export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  readonly backlog: number;
  /** For sockets and scripts. */
  readonly folder: string;
  readonly progress: Progress;
}

interface Running {
  readonly contestant: Contestant;
  readonly process: BackendProcess;
}

export async function askLoad(
  question: LoadQuestion,
  contestants: readonly Contestant[],
  effort: Effort,
): Promise<Row[]> {
  const running: Running[] = [];
  const rows: Row[] = [];
  try {
    for (const contestant of contestants) {
      const process = await BackendProcess.start(contestant.backend, { ...effort, socket: contestant.socket });
      running.push({ contestant, process });
    }
    for (const variation of question.variations) {
      rows.push(...rowsOf(variation.label, await measureVariation(question, variation, running, effort)));
    }
    return rows;
  } finally {
    for (const { process } of running) await process[Symbol.asyncDispose]();
  }
}

async function measureVariation(
  question: LoadQuestion,
  variation: Variation,
  running: readonly Running[],
  { rounds, seconds, folder, progress }: Effort,
): Promise<Measured[]> {
  const script = join(folder, "load.lua");
  writeFileSync(script, wrkScript(variation.application));
  const field = running.map((one) => ({ one, figures: [] as Figures[] }));
  for (const { contestant } of running) await checkAnswer(contestant, variation);
  const what = [question.name, variation.label].filter((text) => text !== "").join(", ");
  // One connection would take long to make anything warm.
  const warming = { ...variation, connections: Math.max(variation.connections, variation.application.connections) };
  for (let round = 0; round <= rounds; round++) {
    const lasting = round === 0 ? WARM_UP_SECONDS : seconds;
    for (const { one, figures } of field) {
      progress.say(`${what}, ${round === 0 ? "warm-up" : `round ${round} of ${rounds}`}, ${one.contestant.title}`);
      if (round === 0) await warmUp(one, warming, script, lasting);
      else figures.push(await measure(one, variation, script, lasting));
      progress.done(lasting);
    }
  }
  return field.map(({ one: { contestant }, figures }) => ({
    contestant: contestant.key,
    title: contestant.title,
    rounds: figures,
  }));
}

/** What is large may not be answered within so short a time: what is wrong, the rounds will show. */
async function warmUp({ contestant }: Running, variation: Variation, script: string, seconds: number): Promise<void> {
  const { application, prefix, connections } = variation;
  await runWrk(script, { url: urlOf(contestant, prefix, application), connections, seconds });
}

function urlOf({ port }: Contestant, prefix: string, { target }: Application): string {
  return `http://127.0.0.1:${port}${prefix}${target}`;
}

async function measure(
  { contestant, process: { pids } }: Running,
  { application, prefix, connections }: Variation,
  script: string,
  seconds: number,
): Promise<Figures> {
  resetPeak(pids);
  const rssBefore = memory(pids).rssBytes;
  const cpuBefore = cpuUs(pids);
  const url = urlOf(contestant, prefix, application);
  const report = await runWrk(script, { url, connections, seconds });
  const spentUs = cpuUs(pids) - cpuBefore;
  const { rssBytes, peakBytes } = memory(pids);
  const fault = faultOf(report, bytesOf(application.answer).length);
  if (fault !== undefined) throw new Error(`${contestant.title}, ${url}: ${fault}`);
  const requestsPerSecond = (1e6 * report.requests) / report.durationUs;
  const { bodyBytes } = application;
  return {
    cpuUs: spentUs / report.requests,
    requestsPerSecond,
    ...(bodyBytes === undefined ? {} : { mbPerSecond: (requestsPerSecond * bodyBytes) / 1e6 }),
    p50Ms: report.p50Us / 1_000,
    p99Ms: report.p99Us / 1_000,
    rssMb: rssBytes / 1e6,
    growthMb: Math.max(0, peakBytes - rssBefore) / 1e6,
  };
}
