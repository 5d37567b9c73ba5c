/** What the binders make listen: a server that accepts, or one that only holds the socket for others. */
import type { EventEmitter } from "node:events";
import type { AddressInfo, ListenOptions } from "node:net";

/** Where a socket is to be: `host` and `port`, `path`, or one that is there already. */
export type Where = ListenOptions & { readonly fd?: number };

/** The part of `net.Server` that binding needs. Says `listening`, or `error`. */
export interface ServerSocket extends EventEmitter {
  /** Connections that have been accepted. */
  readonly accepted: number;
  readonly listening: boolean;
  /** -1 where there is none, or none is known. */
  readonly fd: number;
  /** Binds within the call. */
  listen(where: Where, backlog: number): unknown;
  address(): AddressInfo | string | null;
  close(): unknown;
}
