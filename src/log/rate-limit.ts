/**
 * Lets so many records through at once and so many in a time, and loses no count of the others. For
 * what peers or a failing application can cause without end: it shall not fill a disk.
 *
 * The latest of those held back is written when its time comes, with the number of the others. So
 * the last record of a storm is seen even when nothing follows, and no line is only a count.
 */
export interface Rate {
  /** How many may pass at once. */
  readonly burst: number;
  /** Milliseconds in which one more may. */
  readonly intervalMs: number;
}

export class RateLimit<Item> {
  private readonly rate: Rate;
  private readonly write: (item: Item, heldBack: number) => void;
  /** When the bucket is full again, in ms of a monotonic clock: each item puts it off by one interval. */
  private fullAt = Number.NEGATIVE_INFINITY;
  private held = 0;
  private latest: Item | undefined;
  /** Only while something is held back. */
  private timer: NodeJS.Timeout | undefined;

  /** `write` gets what passes, and how many were held back before it. */
  constructor(rate: Rate, write: (item: Item, heldBack: number) => void) {
    this.rate = rate;
    this.write = write;
  }

  /** Writes the item now, or holds it back. `now`: ms of a monotonic clock. */
  offer(item: Item, now: number = performance.now()): void {
    const { burst, intervalMs } = this.rate;
    const opensIn = this.fullAt - (burst - 1) * intervalMs - now;
    if (opensIn <= 0) {
      this.fullAt = Math.max(this.fullAt, now) + intervalMs;
      this.pass(item, this.held);
      return;
    }
    this.held++;
    this.latest = item;
    this.timer ??= setTimeout(() => {
      this.fullAt = Math.max(this.fullAt, performance.now()) + intervalMs;
      this.flush();
    }, Math.ceil(opensIn)).unref();
  }

  /** Writes what is held back, whatever the time. */
  flush(): void {
    if (this.held > 0) this.pass(this.latest as Item, this.held - 1);
  }

  private pass(item: Item, heldBack: number): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.held = 0;
    this.latest = undefined;
    this.write(item, heldBack);
  }
}
