/** How fast a body comes, counting only the time in which it was waited for. */

/**
 * A body may come as slowly as it likes for so long: time for a few lost segments to come again. A minute,
 * and what the clock, which is read here as of the last look, may be ahead.
 */
const GRACE_MS = 60_250;

/** Times are readings of the sweeper's clock. */
export class BodyPace {
  private since = 0;
  /** Time that the body was waited for before `since`. */
  private waitedMs = 0;

  wait(now: number): void {
    this.since = now;
  }

  /** Something came. */
  go(now: number): void {
    this.waitedMs += now - this.since;
  }

  /** True when `bytes` in all is less than `minRate` bytes a second, while the body is waited for. */
  isTooSlow(now: number, bytes: number, minRate: number): boolean {
    const waitedMs = this.waitedMs + now - this.since;
    return waitedMs > GRACE_MS && bytes * 1_000 < minRate * waitedMs;
  }
}
