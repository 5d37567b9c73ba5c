/** When a watching thread looks, and when it asks where an event loop is stuck. */

/** So long before the limit at most the loop is asked: a busy machine may take its time for the answer. */
const MOST_BEFORE_MS = 300;

/** Behind the limit an answer is waited for so long; the master kills a little later. */
const BEHIND_MS = 100;

/** Most milliseconds between two looks at a loop that has nothing to do. */
const MOST_IDLE_MS = 500;
const LEAST_IDLE_MS = 10;

/** A second for a loop that turns, although its oldest request is beyond the limit: that one is about to be aborted. */
const LEAST_STILL_MS = 1_000;

/**
 * How long after a beat the loop counts as stuck; as the master has it, without what that waits more.
 */
export function stuckAfterMs(limitMs: number, oldestMs: number): number {
  return Math.max(limitMs - oldestMs, Math.min(limitMs, LEAST_STILL_MS));
}

/** How long after a beat the loop is asked where it is. */
export function askAfterMs(limitMs: number, oldestMs: number): number {
  return Math.max(0, stuckAfterMs(limitMs, oldestMs) - beforeMs(limitMs));
}

/** How long its answer is waited for. */
export function answerMs(limitMs: number): number {
  return beforeMs(limitMs) + BEHIND_MS;
}

/** How long a thread may sleep that sees nothing running: what begins meanwhile is still seen in time. */
export function idleMs(limitMs: number): number {
  return Math.min(MOST_IDLE_MS, Math.max(LEAST_IDLE_MS, (limitMs - beforeMs(limitMs)) / 2));
}

function beforeMs(limitMs: number): number {
  return Math.min(MOST_BEFORE_MS, limitMs / 4);
}
