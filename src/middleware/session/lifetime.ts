/** How long a session lives. Pure: times are seconds, `now` is a parameter. */
import type { SessionRecord } from "./record.ts";

export interface Lifetime {
  /** From its beginning, or since it was given another identity. */
  readonly maxAgeSeconds: number;
  /** Since it was last in use. */
  readonly idleSeconds: number;
}

type Times = Pick<SessionRecord, "began" | "touched">;

/**
 * Of the time that it may be idle so much passes before its use is noted: not every request shall write. A client that
 * stays away is forgotten by so much earlier.
 */
const RENEWED_AFTER = 0.1;

/** When it ends if it is not used any more. */
export function endOf({ began, touched }: Times, { maxAgeSeconds, idleSeconds }: Lifetime): number {
  return Math.min(began + maxAgeSeconds, touched + idleSeconds);
}

export function isOver(times: Times, lifetime: Lifetime, now: number): boolean {
  return now >= endOf(times, lifetime);
}

/** True when its use has to be noted. */
export function isDue({ touched }: Times, { idleSeconds }: Lifetime, now: number): boolean {
  return now - touched >= idleSeconds * RENEWED_AFTER;
}
