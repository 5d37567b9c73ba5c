/** Several addresses as one: in turn, and the next one while none could be connected to. */
import type { Dialer, RawConnection } from "../client/index.ts";
import type { Vars } from "../codec/index.ts";
import {
  type Address,
  type DialTls,
  formatAddress,
  openTransport,
  parseAddress,
  type Transport,
} from "../connection/index.ts";
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
    signal?.throwIfAborted();
    return new TimedDial(address, signal, this.options).transport;
  }
}

/** A connect that ends in time, or when its client has gone: one is made for each packet. */
class TimedDial {
  /** Rejects as `openTransport` fails, with a TimeoutError (`UWSGI_CONNECT_TIMEOUT`), or the reason of the signal. */
  readonly transport: Promise<Transport>;
  private readonly address: Address;
  private readonly connectMs: number;
  private readonly signal: AbortSignal | undefined;
  private resolve: (transport: Transport) => void = () => {};
  private reject: (error: unknown) => void = () => {};
  private readonly giveUp: () => void;
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(address: Address, signal: AbortSignal | undefined, { connectMs, tls }: NodesOptions) {
    this.address = address;
    this.connectMs = connectMs;
    this.signal = signal;
    this.transport = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.giveUp = openTransport(address, this, tls);
    this.timer = connectMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(expire, connectMs, this);
    signal?.addEventListener("abort", this, { once: true });
  }

  onOpen(transport: Transport): void {
    this.end();
    this.resolve(transport);
  }

  onFail(error: unknown): void {
    this.end();
    this.reject(error);
  }

  /** As a listener of the signal. */
  handleEvent(): void {
    this.end();
    this.giveUp();
    this.reject(this.signal?.reason);
  }

  /** @internal For the timer. */
  expire(): void {
    this.end();
    this.giveUp();
    this.reject(tooSlow(this.address, this.connectMs));
  }

  private end(): void {
    clearTimeout(this.timer);
    this.signal?.removeEventListener("abort", this);
  }
}

function expire(dial: TimedDial): void {
  dial.expire();
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
