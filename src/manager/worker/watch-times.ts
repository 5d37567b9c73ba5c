/** When a watching thread looks, and when it asks where an event loop is stuck. */

/** A master kills so much later than the limit at the latest: there is time for an answer before it. */
const BEFORE_KILL_MS = 100;

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
  return Math.max(0, stuckAfterMs(limitMs, oldestMs) - BEFORE_KILL_MS);
}

/** How long a thread may sleep that sees nothing running: what begins meanwhile is still seen in time. */
export function idleMs(limitMs: number): number {
  return Math.min(MOST_IDLE_MS, Math.max(LEAST_IDLE_MS, (limitMs - BEFORE_KILL_MS) / 2));
}
