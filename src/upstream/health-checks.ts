/** Pings nodes in the background, each at its own times so that not all are asked at once. */
import { ping } from "../client/index.ts";
import { type DialTls, PeerStream } from "../connection/index.ts";
import { dialWithin } from "./dial-within.ts";
import type { Node } from "./node.ts";
import type { PingOutcome, Pool } from "./pool.ts";

export interface ActiveHealth {
  /** Milliseconds between two checks of a node, give or take a tenth. Default 5 000, as NGINX Plus. */
  readonly intervalMs: number;
  /** How long a check may take. Default 3 000, as `uwsgi --ping`. */
  readonly timeoutMs: number;
  /** So many checks that pass bring a node back. Default 2, as HAProxy. */
  readonly rise: number;
  /** So many that fail, one behind the other, take it out. Default 3, as HAProxy. */
  readonly fall: number;
  /**
   * `pong`: the node must answer packet 100, as our server does, and uWSGI with its ping plugin; a warning in the answer
   * is no failure. `connect`: it must accept a connection. Default `pong`.
   */
  readonly accept: "pong" | "connect";
}

export const defaultActiveHealth: ActiveHealth = {
  intervalMs: 5_000,
  timeoutMs: 3_000,
  rise: 2,
  fall: 3,
  accept: "pong",
};

interface Check {
  timer: NodeJS.Timeout | undefined;
  /** Of the ping that runs. */
  cut: AbortController | undefined;
}

export class HealthChecks {
  private readonly pool: Pool;
  private readonly options: ActiveHealth;
  private readonly random: () => number;
  private readonly tlsOf: (node: Node) => DialTls | undefined;
  private readonly checks = new Map<Node, Check>();

  constructor(pool: Pool, options: ActiveHealth, random: () => number, tlsOf: (node: Node) => DialTls | undefined) {
    this.pool = pool;
    this.options = options;
    this.random = random;
    this.tlsOf = tlsOf;
  }

  start(node: Node): void {
    const check: Check = { timer: undefined, cut: undefined };
    this.checks.set(node, check);
    this.plan(node, check, this.random() * this.options.intervalMs);
  }

  stop(node: Node): void {
    const check = this.checks.get(node);
    this.checks.delete(node);
    clearTimeout(check?.timer);
    check?.cut?.abort();
  }

  close(): void {
    for (const node of this.checks.keys()) this.stop(node);
  }

  private plan(node: Node, check: Check, delayMs: number): void {
    check.timer = setTimeout(() => {
      void this.run(node, check);
    }, delayMs).unref();
  }

  /** Never rejects. */
  private async run(node: Node, check: Check): Promise<void> {
    const { intervalMs } = this.options;
    const cut = new AbortController();
    check.cut = cut;
    try {
      const warning = await this.ask(node, cut.signal);
      this.report(node, check, { isWell: true, warning });
    } catch (error) {
      this.report(node, check, { isWell: false, error });
    }
    check.cut = undefined;
    if (this.checks.get(node) === check) this.plan(node, check, intervalMs * (0.9 + 0.2 * this.random()));
  }

  /** Answers the warning that the node has. */
  private async ask(node: Node, signal: AbortSignal): Promise<string> {
    const { timeoutMs, accept } = this.options;
    const tls = this.tlsOf(node);
    if (accept === "connect") {
      new PeerStream(await dialWithin(node, timeoutMs, signal, tls)).destroy();
      return "";
    }
    return (await ping(node.address, { timeoutMs, signal, ...(tls === undefined ? {} : { tls }) })).warning;
  }

  /** What comes after the end is not used: it may be our own cut. */
  private report(node: Node, check: Check, outcome: PingOutcome): void {
    if (this.checks.get(node) === check) this.pool.pinged(node, outcome, performance.now(), this.options);
  }
}
