/**
 * How fast workers are started that keep failing: five times at once, then after a delay that doubles up to half a
 * minute. Pure.
 *
 * An end that nobody asked for is a failure: a start that came to nothing, one that took too long, a crash. What the
 * master kills for a stuck request or for memory is none: that takes its time by itself, and a delay would only add
 * to the damage.
 */
import type { Failures } from "./view.ts";

export const noFailures: Failures = { streak: 0, at: 0 };

/** So many failures in a row have no delay. */
export const FREE_FAILURES = 5;

/** Milliseconds, for the first failure beyond the free ones and those after it. */
const DELAYS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000] as const;
const LONGEST_DELAY = 30_000;

/** A streak has ended when no failure has come for so long beyond the delay. */
const STREAK_ENDS_MS = 10_000;

/**
 * One more failure at `now`. `startedAt`: when the worker was started, where it has never been ready; the time that a
 * start takes to fail is none in which all was well.
 */
export function afterFailure(failures: Failures, now: number, startedAt: number = now): Failures {
  return { streak: isTroubled(failures, startedAt) ? failures.streak + 1 : 1, at: now };
}

/** From when the next start is allowed. */
export function startsAt(failures: Failures): number {
  return failures.at + delayOf(failures);
}

/** When the streak ends, if nothing fails until then. */
export function troubleEndsAt(failures: Failures): number {
  return startsAt(failures) + STREAK_ENDS_MS;
}

/** Things have failed lately. */
export function isTroubled(failures: Failures, now: number): boolean {
  return failures.streak > 0 && now < troubleEndsAt(failures);
}

function delayOf({ streak }: Failures): number {
  return streak <= FREE_FAILURES ? 0 : (DELAYS[streak - FREE_FAILURES - 1] ?? LONGEST_DELAY);
}
