/** Connections for who speaks uwsgi on them without a look at it: routers, which pass packets and bodies as they come. */
import type { Vars } from "../codec/index.ts";
import type { Transport } from "../connection/index.ts";

/**
 * How an exchange on a raw connection went, as far as it says something about the server. `answered`: well. `abandoned`:
 * whoever asked has gone, or is to blame; it says nothing. `failed`: that was the server's fault.
 */
export type RawOutcome = "answered" | "abandoned" | "failed";

/** A connection on which nothing was sent yet. */
export interface RawConnection {
  /** The caller's from now on: to be attached to, and destroyed. */
  readonly transport: Transport;
  /** What the server wants in the header of requests instead of their own; undefined: it takes what comes. */
  readonly modifier1?: number | undefined;
  readonly modifier2?: number | undefined;
  /** To be called when the exchange on it is over; a second call does nothing. `error`: why it has failed. */
  release(outcome: RawOutcome, error?: unknown): void;
}

/** Connects to one of several servers, or to the one there is. */
export interface Dialer {
  /**
   * Connects to a server for a packet with these vars, which may decide for which (undefined: the packet has none); tries
   * the next server while none could be connected to. Nothing is sent.
   *
   * Rejects with a ConnectionError (`UWSGI_CONNECT_FAILED`), a TimeoutError (`UWSGI_CONNECT_TIMEOUT`), an UpstreamError
   * (`UWSGI_NO_NODE`), or the reason of `signal` when that fires first.
   */
  connect(vars: Vars | undefined, signal?: AbortSignal): Promise<RawConnection>;
}
