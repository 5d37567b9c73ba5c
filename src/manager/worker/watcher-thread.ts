/**
 * Says where an event loop is stuck, shortly before a master kills its process: from another thread of it, by the
 * inspector, whose questions V8 answers on top of whatever JavaScript is doing: endless loops, regular expressions,
 * `Atomics.wait`. Only what is native cannot be asked: synchronous calls of the system.
 *
 * The main thread tells by shared memory that it turns; we look at that when it would be time to ask, and sleep
 * otherwise. What we find goes to the master as one line, past the main thread.
 */
import { writeSync } from "node:fs";
import { Session } from "node:inspector";
import { workerData } from "node:worker_threads";
import { errorCode } from "../../errors.ts";
import { CHANNEL_FD, type FromWorker } from "../channel/messages.ts";
import { stackLines, TAKEN_BY } from "./stack-lines.ts";
import { answerMs, askAfterMs, idleMs } from "./watch-times.ts";
import { RUNNING, type Seen, type WatcherData, Word } from "./watcher-words.ts";

const { words, limitMs } = workerData as WatcherData;

/** Where our own code lies, as frames name it: the built one, and its sources by their maps. */
const OWN = ["../../", "../../../src/"].map((folder) => new URL(folder, import.meta.url).href);

/** What is asked answers within 25 ms, if it does; on a machine that has too much to do within some more. */
const ANSWER_MS = answerMs(limitMs);

/** So late we were not let run ourselves: the process was stopped, or the machine. That is not the loop's fault. */
const STOPPED_MS = 500;

const NANOSECONDS = 1_000_000;

/** Most bytes of a line: what fits a socket is written in one piece. */
const MOST_BYTES = 32_768;

const NATIVE = `(not to be had within ${Math.round(ANSWER_MS)} ms: it waits in a call of the system, such as execSync or readFileSync)`;

/**
 * Run in the main thread. Whatever the application has made of `Error.prepareStackTrace` is used, since it may know the
 * sources; unless it fails.
 */
const QUESTION = `(() => {
  const { stackTraceLimit, prepareStackTrace } = Error;
  let requests = [];
  try { requests = globalThis[Symbol.for(${JSON.stringify(RUNNING)})](); } catch {}
  const take = () => { try { const { stack } = new Error(); return typeof stack === "string" ? stack : ""; } catch { return ""; } };
  try {
    Error.stackTraceLimit = 60;
    let stack = take();
    if (stack === "") { Error.prepareStackTrace = undefined; stack = take(); }
    return JSON.stringify({ stack, requests });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
  }
})()
//# sourceURL=${TAKEN_BY}`;

/** The beat behind which it has been asked already. */
let askedAfter = 0n;

function look(): void {
  const beatAt = Atomics.load(words, Word.beatAt);
  if (beatAt === 0n || beatAt === askedAfter) {
    sleep(idleMs(limitMs));
    return;
  }
  const askMs = askAfterMs(limitMs, Number(Atomics.load(words, Word.oldestMs)));
  const leftMs = askMs - sinceMs(beatAt);
  if (leftMs > 0) sleep(leftMs);
  else ask(beatAt);
}

function sleep(ms: number): void {
  const wakesAt = performance.now() + ms;
  setTimeout(() => {
    if (performance.now() - wakesAt < STOPPED_MS) look();
    // The main thread shall have its turn first.
    else sleep(STOPPED_MS);
  }, Math.ceil(ms));
}

function ask(beatAt: bigint): void {
  askedAfter = beatAt;
  const session = new Session();
  session.connectToMainThread();
  let isAnswered = false;
  const answer = (seen: Seen | undefined): void => {
    if (isAnswered) return;
    isAnswered = true;
    clearTimeout(timer);
    session.disconnect();
    // It turns again.
    if (Atomics.load(words, Word.beatAt) === beatAt) tell(seen, sinceMs(beatAt));
    sleep(idleMs(limitMs));
  };
  const timer = setTimeout(() => answer(undefined), ANSWER_MS);
  session.post("Runtime.evaluate", { expression: QUESTION, returnByValue: true }, (error, found) => {
    answer(error === null ? readSeen(found.result.value) : undefined);
  });
}

/** An application may have changed how things are written as JSON: what is none of ours is left out. */
function readSeen(text: unknown): Seen | undefined {
  try {
    const { stack, requests } = JSON.parse(String(text)) as Partial<Seen>;
    return typeof stack === "string" ? { stack, requests: Array.isArray(requests) ? requests : [] } : undefined;
  } catch {
    return undefined;
  }
}

function tell(seen: Seen | undefined, forMs: number): void {
  const message: FromWorker = {
    kind: "stuck",
    forMs: Math.round(forMs),
    stack: seen === undefined ? [NATIVE] : stackLines(seen.stack, OWN),
    requests: seen === undefined ? [] : seen.requests,
  };
  let line = lineOf(message);
  for (let most = 32; line.length > MOST_BYTES && most >= 1; most /= 2) {
    line = lineOf({ ...message, requests: message.requests.slice(0, most) });
  }
  // Not into the middle of a line of the main thread, nor for ever: the master does not read.
  if (Atomics.load(words, Word.isChannelFull) === 1n) return;
  try {
    writeSync(CHANNEL_FD, line);
  } catch (error) {
    // There is no master, and nobody else will kill. EAGAIN: full after all.
    if (errorCode(error) === "EPIPE") process.kill(process.pid, "SIGKILL");
  }
}

function lineOf(message: FromWorker): Buffer {
  return Buffer.from(`${JSON.stringify(message)}\n`);
}

function sinceMs(at: bigint): number {
  return Number(process.hrtime.bigint() - at) / NANOSECONDS;
}

look();
