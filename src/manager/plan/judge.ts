/**
 * Who is killed, and when. Pure.
 *
 * A worker with an event loop that turns answers its late requests itself. So the master judges by silence: while
 * requests run, workers send a beat every `BEAT_MS` that tells how old the oldest request is. One that is silent when
 * that request is beyond its limit, and has been for a second (or for the limit, if that is shorter), is stuck.
 *
 * Silence counts only where somebody has listened. A master that has slept (SIGSTOP, a laptop's lid, a starved machine)
 * finds beats, exits and words of readiness in its pipes, or workers that have slept as long. So `now` is a time until
 * which all has been read: the master notes it, reads once more, then asks. And when its own timer was later than
 * `LATE_MS` it says so (`goal.wokeAt`), and nobody is killed for being silent or slow for another `LATE_MS`.
 */
import type { Goal, KillReason, WorkerView } from "./view.ts";

/** How often a worker shows that it lives, while requests run. */
export const BEAT_MS = 100;

/** How late a timer of the master's is when it must have slept. */
export const LATE_MS = 500;

/** While beats are awaited the master looks at least so often: else it would not notice that it has slept. */
export const WATCH_MS = 250;

/** What a beat may need to come, and to be read. */
const BEAT_MARGIN_MS = 150;

/** Silence that is long enough for one whose request is beyond its limit. */
const SILENT_MS = 1_000;

/** What a worker has beyond its grace to leave by itself. */
export const EXIT_MS = 1_000;

export interface Verdict {
  /** From when on it is killed. */
  readonly at: number;
  readonly why: KillReason;
}

/** When this worker is to be killed, as far as can be told now. */
export function judge(worker: WorkerView, goal: Goal): Verdict | undefined {
  if (worker.isKilled === true) return undefined;
  let first: Verdict | undefined;
  for (const verdict of [
    memory(worker, goal),
    harakiri(worker, goal),
    slowStart(worker, goal),
    slowEnd(worker, goal),
  ]) {
    if (verdict !== undefined && (first === undefined || verdict.at < first.at)) first = verdict;
  }
  return first;
}

function memory({ vitals }: WorkerView, { limits }: Goal): Verdict | undefined {
  const most = limits.evilReloadOnRssBytes;
  return vitals !== undefined && most !== undefined && vitals.rss > most ? { at: vitals.at, why: "memory" } : undefined;
}

function harakiri({ beat }: WorkerView, goal: Goal): Verdict | undefined {
  const limit = goal.limits.harakiriMs;
  if (beat === undefined || limit === undefined) return undefined;
  const silence = Math.max(limit - beat.oldestMs, Math.min(limit, SILENT_MS));
  return { at: heard(beat.at + silence + BEAT_MARGIN_MS, goal), why: "harakiri" };
}

function slowStart({ phase, startedAt }: WorkerView, goal: Goal): Verdict | undefined {
  if (phase !== "starting") return undefined;
  return { at: heard(startedAt + goal.limits.startTimeoutMs, goal), why: "start-timeout" };
}

function slowEnd({ phase, stoppingAt, graceMs }: WorkerView, goal: Goal): Verdict | undefined {
  if (phase !== "stopping" || stoppingAt === undefined) return undefined;
  return { at: heard(stoppingAt + (graceMs ?? goal.limits.graceMs) + EXIT_MS, goal), why: "grace" };
}

function heard(at: number, { wokeAt }: Goal): number {
  return wokeAt === undefined ? at : Math.max(at, wokeAt + LATE_MS);
}
