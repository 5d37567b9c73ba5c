/** Work of which only some may run at a time, and only some may wait. */

export class WorkQueue {
  private readonly mostRunning: number;
  private readonly mostWaiting: number;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(mostRunning: number, mostWaiting: number) {
    this.mostRunning = mostRunning;
    this.mostWaiting = mostWaiting;
  }

  /** Does the work when it is its turn; undefined when too many wait already. */
  run<Result>(work: () => Result | PromiseLike<Result>): Promise<Result> | undefined {
    if (this.running >= this.mostRunning && this.waiting.length >= this.mostWaiting) return undefined;
    return this.runInTurn(work);
  }

  private async runInTurn<Result>(work: () => Result | PromiseLike<Result>): Promise<Result> {
    if (this.running < this.mostRunning) this.running++;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      // Who waits takes over the place.
      if (next === undefined) this.running--;
      else next();
    }
  }
}
