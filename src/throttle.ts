/**
 * How fast what keeps failing is started again, be it a worker or a program: five times at once, then after a delay that
 * doubles up to half a minute. Pure.
 *
 * An end that nobody asked for is a failure: a start that came to nothing, one that took too long, a crash. What the
 * master kills for a stuck request or for memory is none: that takes its time by itself, and a delay would only add
 * to the damage.
 */

/** Made here alone. */
export interface Failures {
  /** In a row, each soon behind the one before it. */
  readonly streak: number;
  /** The last one. */
  readonly at: number;
  /** So many in a row have no delay. Default `FREE_FAILURES`. */
  readonly free?: number;
}

export const noFailures: Failures = { streak: 0, at: 0 };

/** Of what is never started again at once. */
export const noFreeFailures: Failures = { ...noFailures, free: 0 };

/** So many failures in a row have no delay, unless said otherwise. */
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
  return { ...failures, streak: isTroubled(failures, startedAt) ? failures.streak + 1 : 1, at: now };
}

/** Milliseconds from the last failure to the next start. */
export function delayOf({ streak, free = FREE_FAILURES }: Failures): number {
  return streak <= free ? 0 : (DELAYS[streak - free - 1] ?? LONGEST_DELAY);
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
