/**
 * Behind an answer: how long, and for how much, what is still on its way is waited for. Bytes that come when
 * nobody reads any more are answered with a reset, which takes the answer with it.
 */
import type { ConnectionLimits } from "./limits.ts";
import type { Sweeper } from "./sweeper.ts";

/**
 * A body that has not come for so long does not come. nginx announces one and sends none for `auth_request`,
 * Apache for the parts of a page that it includes.
 */
const BODY_PAUSE_MS = 1_000;

/** Deadlines are readings of the sweeper's clock. */
export class Lingering {
  private readonly limits: ConnectionLimits;
  private readonly sweeper: Sweeper;
  /** Thrown away. */
  private bytes = 0;
  /** For all of the body; undefined while it was never waited for. */
  private bodyBy: number | undefined;

  constructor(limits: ConnectionLimits, sweeper: Sweeper) {
    this.limits = limits;
    this.sweeper = sweeper;
  }

  /** Counts bytes; false when there are more than are allowed. */
  allows(bytes: number): boolean {
    this.bytes += bytes;
    return this.bytes <= this.limits.maxDrainBytes;
  }

  /** Until when the next bytes of the body are waited for. */
  bodyDeadline(): number {
    this.bodyBy ??= this.sweeper.deadline(this.limits.drainTimeoutMs);
    return Math.min(this.bodyBy, this.sweeper.deadline(BODY_PAUSE_MS));
  }

  /** Until when the peer's close is waited for. */
  closeDeadline(): number {
    if (this.bodyBy === undefined) return this.sweeper.deadline(this.limits.drainTimeoutMs);
    return Math.max(this.bodyBy, this.sweeper.deadline(BODY_PAUSE_MS));
  }
}
