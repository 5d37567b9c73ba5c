/**
 * Lets one line a second through, and tells how many it has held back since. For lines that anybody
 * who reaches the socket can cause: they shall not fill a disk.
 */
const INTERVAL_MS = 1_000;

export class RateLimit {
  private openAt = Number.NEGATIVE_INFINITY;
  private held = 0;

  /**
   * The line, with the number of those held back before it, or undefined; it is made only when it
   * passes. `now`: ms of a monotonic clock.
   */
  pass(makeLine: () => string, now: number): string | undefined {
    if (now < this.openAt) {
      this.held++;
      return undefined;
    }
    const before = this.held === 0 ? "" : ` (and ${this.held} more like it before)`;
    this.openAt = now + INTERVAL_MS;
    this.held = 0;
    return makeLine() + before;
  }
}
