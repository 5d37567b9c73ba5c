/**
 * A `net.Server` that accepts without making sockets where it can: all that it knows of addresses, inherited
 * descriptors and clusters stays Node's, only what is accepted comes here as a bare handle.
 */
import { Server, type ServerOpts, type Socket } from "node:net";
import type { ServerSocket } from "./server-socket.ts";
import type { ListeningHandle, StreamHandle } from "./stream-binding.ts";
import { systemError } from "./system-error.ts";

/** Before the first probe of a silent TCP connection: a peer that vanished without a word is found out. */
const KEEP_ALIVE_MS = 60_000;

const options: ServerOpts = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_MS,
};

/** Who takes the connections: sockets with all that belongs to them, or bare handles. */
export type Taker =
  | { readonly kind: "socket"; take(socket: Socket): void }
  | { readonly kind: "handle"; take(handle: StreamHandle): void };

export class AcceptingServer extends Server implements ServerSocket {
  /** Connections that have been accepted. */
  accepted = 0;

  constructor(taker: Taker) {
    super(options);
    if (taker.kind === "handle") this.once("listening", () => this.takeHandles(taker.take));
    else {
      this.on("connection", (socket) => {
        this.accepted++;
        taker.take(socket);
      });
    }
  }

  get fd(): number {
    const { _handle: handle } = this as unknown as { _handle?: { readonly fd?: number } | null };
    return handle?.fd ?? -1;
  }

  private takeHandles(take: (handle: StreamHandle) => void): void {
    const { _handle: listening } = this as unknown as { _handle: ListeningHandle };
    // Accepted sockets have them from the one that listens (tcp(7)): not four calls to the system for each.
    setOptions(listening);
    // A worker of a cluster gets what its primary has accepted, from a socket that is not here.
    const isElsewhere = !("bind" in listening);
    listening.onconnection = (status, handle) => {
      this.accepted++;
      if (isElsewhere && handle !== undefined) setOptions(handle);
      if (handle !== undefined) take(handle);
      else this.emit("error", systemError("accept", status));
    };
  }
}

/** Those of TCP; what is none has no such calls. */
function setOptions(handle: ListeningHandle | StreamHandle): void {
  handle.setNoDelay?.(true);
  handle.setKeepAlive?.(true, KEEP_ALIVE_MS / 1_000);
}
