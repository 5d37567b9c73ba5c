/** One raw connection for who routes packets: to the first node that can be connected to. */
import { defaultTimeouts, type RawConnection, type RawOutcome, type Timeouts } from "../client/index.ts";
import type { DialTls, Transport } from "../connection/index.ts";
import type { Choice } from "./choice.ts";
import { dialWithin } from "./dial-within.ts";
import { failureOf, isNodeFault } from "./failures.ts";
import { Lease } from "./lease.ts";
import type { Node } from "./node.ts";
import type { Try } from "./picker.ts";
import type { Pool } from "./pool.ts";

export class Connecting {
  private readonly pool: Pool;
  private readonly choice: Choice;
  private readonly connectMs: number;
  private readonly tlsOf: (node: Node) => DialTls | undefined;

  constructor(
    pool: Pool,
    choice: Choice,
    { connectMs = defaultTimeouts.connectMs }: Partial<Timeouts>,
    tlsOf: (node: Node) => DialTls | undefined,
  ) {
    this.pool = pool;
    this.choice = choice;
    this.connectMs = connectMs;
    this.tlsOf = tlsOf;
  }

  /** `key`: see `Chooser`. Nothing is sent before there is a connection, so that each further node is free. */
  async connect(key: number, signal: AbortSignal | undefined): Promise<RawConnection> {
    const { choice } = this;
    const startedAt = performance.now();
    const tries: Try[] = [];
    for (;;) {
      let node = choice.pick(key, tries);
      if (node === undefined && tries.length > 0) throw failureOf(tries, "no other can be asked");
      node ??= await choice.first(key, undefined, signal);
      const connection = await this.tryNode(node, tries, signal);
      if (connection !== undefined) return connection;
      const why = choice.whyNoMore(tries, startedAt, Number.POSITIVE_INFINITY);
      if (why !== undefined) throw failureOf(tries, why);
    }
  }

  /** Undefined when there is no connection, and then `tries` has why. */
  private async tryNode(node: Node, tries: Try[], signal: AbortSignal | undefined): Promise<RawConnection | undefined> {
    const lease = new Lease(this.pool, node);
    try {
      return new LeasedConnection(await dialWithin(node, this.connectMs, signal, this.tlsOf(node)), lease);
    } catch (error) {
      if (signal?.aborted !== true) lease.fail(error);
      lease.end();
      signal?.throwIfAborted();
      this.choice.doubt(node);
      tries.push({ node, error });
      return undefined;
    }
  }
}

/** In flight at its node until it is released. */
class LeasedConnection implements RawConnection {
  readonly transport: Transport;
  readonly modifier1: number | undefined;
  readonly modifier2: number | undefined;
  private readonly lease: Lease;

  constructor(transport: Transport, lease: Lease) {
    const { modifier1, modifier2 } = lease.node.settings;
    this.transport = transport;
    this.modifier1 = modifier1;
    this.modifier2 = modifier2;
    this.lease = lease;
  }

  release(outcome: RawOutcome, error?: unknown): void {
    if (outcome === "answered") this.lease.succeed();
    else if (outcome === "failed" && isNodeFault(error)) this.lease.fail(error);
    this.lease.end();
  }
}
