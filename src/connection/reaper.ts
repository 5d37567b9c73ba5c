/**
 * Deadlines for many things at the price of one timer. Each is looked at once a second at most, so it
 * falls up to a second late: good enough for ends that are already decided.
 */
const STEP_MS = 1_000;

export interface Mortal {
  destroy(): void;
}

/** Destroys what has been watched for too long. Holds no process open. */
export class Reaper {
  /** Deadline of each, in milliseconds of the monotonic clock; in order of adding. */
  private readonly deadlines = new Map<Mortal, number>();
  private readonly graceMs: number;
  private timer: NodeJS.Timeout | undefined;

  /** `graceMs`: how long each may live on from the moment it is watched. */
  constructor(graceMs: number) {
    this.graceMs = graceMs;
  }

  watch(mortal: Mortal): void {
    this.deadlines.set(mortal, performance.now() + this.graceMs);
    this.timer ??= setInterval(() => this.reap(performance.now()), STEP_MS).unref();
  }

  forget(mortal: Mortal): void {
    this.deadlines.delete(mortal);
  }

  /** @internal Destroys whatever is due at `now`. The same grace for all: the oldest come first. */
  reap(now: number): void {
    for (const [mortal, deadline] of this.deadlines) {
      if (deadline > now) break;
      this.deadlines.delete(mortal);
      mortal.destroy();
    }
    if (this.deadlines.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }
}
