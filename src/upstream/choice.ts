/** Which node is next: what requests and raw connections do alike on their way from node to node. */
import { defaultTimeouts, type Timeouts } from "../client/index.ts";
import { noNode } from "./failures.ts";
import type { Node } from "./node.ts";
import type { RetryOptions } from "./options.ts";
import type { Picker, Try } from "./picker.ts";
import type { Pool } from "./pool.ts";
import type { Resolution } from "./resolution.ts";

export class Choice {
  private readonly pool: Pool;
  private readonly picker: Picker;
  private readonly resolution: Resolution | undefined;
  private readonly retry: Pick<RetryOptions, "tries" | "timeoutMs">;
  private readonly timeouts: Partial<Timeouts>;

  constructor(
    pool: Pool,
    picker: Picker,
    resolution: Resolution | undefined,
    retry: Pick<RetryOptions, "tries" | "timeoutMs">,
    timeouts: Partial<Timeouts>,
  ) {
    this.pool = pool;
    this.picker = picker;
    this.resolution = resolution;
    this.retry = retry;
    this.timeouts = timeouts;
  }

  /** A node that can be asked now, none of those that were tried. `key`: see `Chooser`. */
  pick(key: number, tried: readonly Try[] | undefined): Node | undefined {
    return this.picker.pick(this.pool.nodes, performance.now(), key, tried);
  }

  /**
   * A node once names have been resolved for the first time, when there is none yet. Rejects with an UpstreamError
   * (`UWSGI_NO_NODE`) when that gives none, or takes longer than a connection may.
   */
  async first(key: number, connectMs: number | undefined, signal: AbortSignal | undefined): Promise<Node> {
    const deadline = performance.now() + (connectMs ?? this.timeouts.connectMs ?? defaultTimeouts.connectMs);
    for (;;) {
      const running = this.resolution?.firstAddresses();
      const left = deadline - performance.now();
      if (running === undefined || left <= 0) throw noNode(this.pool, performance.now());
      await within(running, left, signal);
      signal?.throwIfAborted();
      const node = this.pick(key, undefined);
      if (node !== undefined) return node;
    }
  }

  /** Why no further node may be asked, whatever has failed; undefined when one may. `mostMs`: for all nodes together. */
  whyNoMore(tries: readonly Try[], startedAt: number, mostMs: number): string | undefined {
    const { tries: most, timeoutMs } = this.retry;
    if (tries.length >= most) return `at most ${most} are asked`;
    if (performance.now() - startedAt >= Math.min(timeoutMs, mostMs)) return "there was no time for another";
    return undefined;
  }

  /** The addresses of its name may be old: there was no connection. */
  doubt(node: Node): void {
    if (node.host === undefined) return;
    for (const member of this.pool.members.values()) {
      if (member.nodes.includes(node)) this.resolution?.doubt(member);
    }
  }

  /** Lets go of nodes that are no more. */
  forget(): void {
    this.picker.forget();
  }
}

/** Waits, but not longer than `ms`, nor longer than the signal allows. */
async function within(promise: Promise<void>, ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => {};
  const end = new Promise<void>((resolve) => {
    stop = resolve;
    if (ms !== Number.POSITIVE_INFINITY) timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([promise, end]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
