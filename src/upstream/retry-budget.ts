/**
 * How many requests may be sent a second time: a share of all, so that retries do not double the load of servers that
 * are failing because of their load (Finagle's retry budget; Envoy's `retry_budget`). Pure.
 */
export interface BudgetOptions {
  /** Share of the requests of the last 10 s. Default 0.2, as Finagle and Envoy. */
  readonly ratio: number;
  /** So many a second beside that, for upstreams with little to do. Default 10, as Finagle. */
  readonly minPerSecond: number;
}

/** Seconds that are looked back on. */
const WINDOW = 10;

export class RetryBudget {
  private readonly options: BudgetOptions;
  /** By second, modulo the window. */
  private readonly requests = new Float64Array(WINDOW);
  private readonly retries = new Float64Array(WINDOW);
  private second = 0;

  constructor(options: BudgetOptions) {
    this.options = options;
  }

  /** A request came. `now`: ms of a monotonic clock. */
  note(now: number): void {
    this.advance(now);
    const slot = this.second % WINDOW;
    this.requests[slot] = (this.requests[slot] as number) + 1;
  }

  /** True when one more may be sent again: it is counted then. */
  take(now: number): boolean {
    this.advance(now);
    const { ratio, minPerSecond } = this.options;
    if (sum(this.retries) + 1 > ratio * sum(this.requests) + minPerSecond * WINDOW) return false;
    const slot = this.second % WINDOW;
    this.retries[slot] = (this.retries[slot] as number) + 1;
    return true;
  }

  private advance(now: number): void {
    const second = Math.floor(now / 1_000);
    if (second <= this.second) return;
    const steps = Math.min(second - this.second, WINDOW);
    for (let i = 0; i < steps; i++) {
      const slot = (second - i) % WINDOW;
      this.requests[slot] = 0;
      this.retries[slot] = 0;
    }
    this.second = second;
  }
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
