/** One run of the side-by-side: starts nginx, finds out who can take part, asks all questions. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNginx } from "../../test/helpers/nginx.ts";
import type { BenchOptions } from "../arguments.ts";
import { backends } from "../backends/index.ts";
import { BackendProcess } from "../load/backend-process.ts";
import { nginxConf } from "../load/nginx-conf.ts";
import { longestBacklog, machine, missingPrograms, openFilesLimit } from "../machine.ts";
import { Progress } from "../report/progress.ts";
import type { Answer, Results, Row } from "../report/results.ts";
import { ownVersion } from "../report/store.ts";
import { askIdle, IDLE_SECONDS } from "./ask-idle.ts";
import { askLoad, type Effort, WARM_UP_SECONDS } from "./ask-load.ts";
import { type Contestant, contestantsOf } from "./contestant.ts";
import { chosen, effortOf, IDLE_CONNECTIONS, MOST_CONNECTIONS, type Question, VAR_COUNTS } from "./questions.ts";

/** Most of a backend's open files that idle connections take. */
const IDLE_SHARE = 0.7;

/** So many lines of nginx's log are told when a run fails. */
const COMPLAINTS = 5;

/** Most of nginx's open files that the load takes: each connection has a client's side and a backend's. */
const LOAD_SHARE = 0.4;

/** Queue of connections, for all alike; the default of node:http is too short for the most connections of the load. */
const BACKLOG = 4_096;

/** Who hears of a run. */
export interface Listener {
  /** What people should know, line by line. */
  tell(line: string): void;
  /** All that is known after each question: a run that fails later has not been for nothing. */
  keep(results: Results): void;
}

/** Runs it. Throws when nginx or wrk is not installed. */
export async function sideBySide(options: BenchOptions, { tell, keep }: Listener): Promise<Results> {
  const missing = missingPrograms();
  if (missing.length > 0) throw new Error(`not installed: ${missing.join(", ")}`);
  for (const name of options.backends ?? []) {
    if (!backends.some((backend) => backend.name === name)) {
      throw new Error(`no backend ${name}; there are ${backends.map((backend) => backend.name).join(", ")}`);
    }
  }
  const asked = chosen(options.only);
  const folder = mkdtempSync(join(tmpdir(), "side-by-side-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  try {
    const backlog = Math.min(BACKLOG, longestBacklog());
    const all = await contestantsOf(
      backends.filter(({ name }) => options.backends === undefined || options.backends.includes(name)),
      folder,
    );
    const { present, leftOut } = await whoStarts(all, folder, backlog);
    for (const reason of leftOut) tell(`left out: ${reason}`);
    const resultsOf = (answers: Answer[]): Results => ({ version: ownVersion(), machine: machine(), leftOut, answers });
    const hear = (answers: Answer[]): void => keep(resultsOf(answers));
    return resultsOf(await askAll(asked, present, { ...options, folder, backlog }, hear));
  } finally {
    removeFolder();
    process.off("exit", removeFolder);
  }
}

async function askAll(
  asked: readonly Question[],
  contestants: readonly Contestant[],
  { rounds, seconds, folder, backlog }: Pick<BenchOptions, "rounds" | "seconds"> & { folder: string; backlog: number },
  hear: (answers: Answer[]) => void,
): Promise<Answer[]> {
  const plan = asked.map((question) => ({
    question,
    field: question.contestants.flatMap((key) => contestants.find((contestant) => contestant.key === key) ?? []),
    effort: effortOf(question, { rounds, seconds }),
  }));
  const conf = join(folder, "nginx.conf");
  const frontEnds = contestants.map(({ port, socket, backend: { protocol } }) => ({ port, socket, protocol }));
  const limits = { connections: MOST_CONNECTIONS, varCounts: VAR_COUNTS };
  writeFileSync(conf, nginxConf(frontEnds, limits));
  const [first] = contestants;
  if (first === undefined) throw new Error("there is no backend to measure");
  await using nginx = await startNginx({ conf, prefix: folder, port: first.port });
  const progress = new Progress(
    plan.reduce((sum, { question, field, effort }) => sum + secondsOf(question, field.length, effort), 0),
  );
  const answers: Answer[] = [];
  try {
    for (const { question, field, effort } of plan) {
      if (field.length === 0) continue;
      const answer = await ask(question, field, { ...effort, backlog, folder, progress });
      answers.push({
        question: question.name,
        title: question.title,
        askedAt: new Date().toISOString(),
        ...effort,
        ...answer,
      });
      hear(answers);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error([reason, ...complaints(await nginx.errorLog())].join("\n"), { cause: error });
  } finally {
    progress.end();
  }
  return answers;
}

/** The last lines of nginx's log that are no mere warnings. */
function complaints(log: string): string[] {
  const lines = log.split("\n").filter((line) => /\[(?:error|crit|alert|emerg)\]/.test(line));
  return lines.slice(-COMPLAINTS);
}

async function ask(
  question: Question,
  field: readonly Contestant[],
  effort: Effort,
): Promise<{ notes: string[]; rows: Row[] }> {
  const files = openFilesLimit();
  if (question.kind === "idle") {
    const connections = Math.min(IDLE_CONNECTIONS, Math.floor(IDLE_SHARE * files));
    const notes = connections < IDLE_CONNECTIONS ? [`not ${IDLE_CONNECTIONS} connections: ${tooFew(files)}`] : [];
    return { notes, rows: await askIdle(question, field, connections, effort) };
  }
  const [variations, left] = partition(question.variations, ({ connections }) => connections <= LOAD_SHARE * files);
  const notes = left.map(({ label }) => `left out: ${label}: ${tooFew(files)}`);
  return { notes, rows: await askLoad({ ...question, variations }, field, effort) };
}

function tooFew(files: number): string {
  return `no more than ${files} open files are allowed here (ulimit -n)`;
}

function partition<T>(all: readonly T[], holds: (one: T) => boolean): [T[], T[]] {
  return [all.filter(holds), all.filter((one) => !holds(one))];
}

/** Seconds of load that a question takes. */
function secondsOf(
  question: Question,
  contestants: number,
  { rounds, seconds }: { rounds: number; seconds: number },
): number {
  if (question.kind === "idle") return contestants * rounds * IDLE_SECONDS;
  return contestants * question.variations.length * (WARM_UP_SECONDS + rounds * seconds);
}

/** Starts each backend once. One that a machine need not have is left out when it does not start. */
async function whoStarts(
  contestants: readonly Contestant[],
  folder: string,
  backlog: number,
): Promise<{ present: Contestant[]; leftOut: string[] }> {
  const reasons = new Map<string, string>();
  for (const { backend, over, socket } of contestants) {
    if (over !== "unix") continue;
    try {
      await using _ = await BackendProcess.start(backend, { socket, folder, backlog });
    } catch (error) {
      if (!backend.optional) throw error;
      reasons.set(backend.name, error instanceof Error ? error.message : String(error));
    }
  }
  return {
    present: contestants.filter(({ backend }) => !reasons.has(backend.name)),
    leftOut: Array.from(reasons, ([name, reason]) => `${name}: ${reason}`),
  };
}
