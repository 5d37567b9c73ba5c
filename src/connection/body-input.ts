/** What follows the packet, as it is read, and how fast it comes: only the time in which it is waited for counts. */
import { ByteQueue } from "./byte-queue.ts";

/**
 * A body may come as slowly as it likes for so long: time for a few lost segments to come again. A minute,
 * and what the clock, which is read here as of the last look, may be ahead.
 */
const GRACE_MS = 60_250;

/** Times are readings of the sweeper's clock. */
export class BodyInput extends ByteQueue {
  private since = 0;
  /** Time that the body was waited for before `since`. */
  private waitedMs = 0;

  /** Somebody waits from now on. */
  wait(now: number): void {
    this.since = now;
  }

  /** Something came for who waits. */
  go(now: number): void {
    this.waitedMs += now - this.since;
  }

  /** True when somebody waits, and `bytes` in all is less than `minRate` bytes a second. */
  isTooSlow(now: number, bytes: number, minRate: number): boolean {
    if (!this.isWaiting) return false;
    const waitedMs = this.waitedMs + now - this.since;
    return waitedMs > GRACE_MS && bytes * 1_000 < minRate * waitedMs;
  }
}
