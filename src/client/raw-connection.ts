/** Connections for who speaks uwsgi on them without a look at it: routers, which pass packets and bodies as they come. */
import type { Vars } from "../codec/index.ts";
import type { Transport } from "../connection/index.ts";

/** A connection on which nothing was sent yet. */
export interface RawConnection {
  /** The caller's from now on: to be attached to, and destroyed. */
  readonly transport: Transport;
  /**
   * To be called once, when the exchange on it is over. `failed`: why, when that is the server's fault; absent when all
   * went well, or the client is to blame.
   */
  release(failed?: unknown): void;
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
