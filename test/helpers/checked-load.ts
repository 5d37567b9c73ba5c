/** Requests one after the other in each of several lanes; each answer is checked, and each failure kept. */
import type { Address } from "../../src/connection/index.ts";
import { exchange, get, parseAnswer } from "./raw-client.ts";

/** A request that did not get its whole, right answer. */
export interface Failure {
  /** `wrong`: an answer that is whole, and another. `none`: none came, or a part. */
  readonly kind: "wrong" | "none";
  readonly seen: string;
}

export class CheckedLoad {
  readonly failures: Failure[] = [];
  /** Milliseconds of each request. */
  readonly times: number[] = [];
  /** Who has answered, and how often. */
  readonly pids = new Map<number, number>();
  requests = 0;
  private readonly lanes: Promise<unknown>;
  private isEnded = false;
  private readonly waiting = new Set<() => void>();

  constructor(address: Address, lanes = 4, path = "/pid", query = "") {
    const bytes = get({ PATH_INFO: path, QUERY_STRING: query });
    this.lanes = Promise.all(Array.from({ length: lanes }, () => this.run(address, bytes)));
  }

  /** Waits until so many more have been answered. */
  async more(requests: number): Promise<void> {
    const most = this.requests + requests;
    while (this.requests < most) {
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  /** Waits for what runs. */
  async end(): Promise<this> {
    this.isEnded = true;
    await this.lanes;
    return this;
  }

  /** What the first failures were. */
  get examples(): string[] {
    return this.failures.slice(0, 5).map(({ seen }) => seen);
  }

  /** The time that a share of the requests does not exceed. */
  at(share: number): number {
    const sorted = [...this.times].sort((left, right) => left - right);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  }

  private async run(address: Address, bytes: Uint8Array): Promise<void> {
    while (!this.isEnded) {
      const begun = performance.now();
      const failure = await this.ask(address, bytes).catch((error: unknown): Failure => ({
        kind: "none",
        seen: String(error),
      }));
      if (failure !== undefined) this.failures.push(failure);
      this.times.push(performance.now() - begun);
      this.requests++;
      for (const wake of this.waiting) wake();
      this.waiting.clear();
    }
  }

  private async ask(address: Address, bytes: Uint8Array): Promise<Failure | undefined> {
    const ending = await exchange(address, bytes);
    const { status, body } = parseAnswer(ending.bytes);
    const pid = Number(/^pid (\d+)$/.exec(body)?.[1]);
    if (ending.how === "end" && status === 200 && pid > 0) {
      this.pids.set(pid, (this.pids.get(pid) ?? 0) + 1);
      return undefined;
    }
    // A body has a length only by its end.
    const kind = ending.how === "end" && status === 200 ? "wrong" : "none";
    return { kind, seen: `${status} ${body.slice(0, 100)}, ended by ${ending.how}` };
  }
}
