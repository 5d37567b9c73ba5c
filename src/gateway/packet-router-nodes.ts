/** Several addresses as one: in turn, and the next one while none could be connected to. */
import type { Dialer, RawConnection } from "../client/index.ts";
import type { Vars } from "../codec/index.ts";
import { type Address, dial, type DialTls, formatAddress, parseAddress, type Transport } from "../connection/index.ts";
import { TimeoutError, typeError } from "../errors.ts";
import { NodeTurns } from "../router/index.ts";

export interface NodesOptions {
  /** Milliseconds to connect to one, a TLS handshake included; `UWSGI_CONNECT_TIMEOUT`. */
  readonly connectMs: number;
  /** Milliseconds that one which could not be connected to is passed over, while others are there. */
  readonly graceMs: number;
  /** For `suwsgi://` addresses. */
  readonly tls: DialTls | undefined;
}

export class Nodes implements Dialer {
  private readonly addresses: readonly Address[];
  private readonly turns: NodeTurns;
  private readonly options: NodesOptions;

  /** Throws a TypeError (`UWSGI_INVALID_ADDRESS`). */
  constructor(addresses: readonly string[], options: NodesOptions) {
    this.addresses = addresses.map(readAddress);
    this.turns = new NodeTurns(addresses.length, options.graceMs);
    this.options = options;
  }

  async connect(_vars: Vars | undefined, signal?: AbortSignal): Promise<RawConnection> {
    let failure: unknown;
    for (const node of this.turns.order(performance.now())) {
      try {
        const transport = await this.dial(this.addresses[node] as Address, signal);
        this.turns.noteSuccess(node);
        // Only that counts: a connection that was closed without an answer may be the packet's fault.
        return { transport, release: () => {} };
      } catch (error) {
        signal?.throwIfAborted();
        this.turns.noteFailure(node, performance.now());
        failure = error;
      }
    }
    throw failure;
  }

  private async dial(address: Address, signal: AbortSignal | undefined): Promise<Transport> {
    const { connectMs, tls } = this.options;
    if (connectMs === Number.POSITIVE_INFINITY) return dial(address, signal, tls);
    const both = new AbortController();
    const giveUp = (): void => both.abort(signal?.reason);
    const timer = setTimeout(() => both.abort(tooSlow(address, connectMs)), connectMs);
    signal?.addEventListener("abort", giveUp, { once: true });
    if (signal?.aborted === true) giveUp();
    try {
      return await dial(address, both.signal, tls);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }
}

function readAddress(text: string): Address {
  const address = parseAddress(text);
  if (address.kind !== "fd") return address;
  throw typeError("UWSGI_INVALID_ADDRESS", `address ${text}: an inherited socket can be listened on, not connected to`);
}

function tooSlow(address: Address, connectMs: number): TimeoutError {
  return new TimeoutError(`no connection to ${formatAddress(address)} within ${connectMs} ms`, {
    code: "UWSGI_CONNECT_TIMEOUT",
  });
}
