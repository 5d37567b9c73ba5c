/** Starting to listen: waiting until it does, and what is said when it does not. */
import { once } from "node:events";
import { ConnectionError, errorCode, type ErrorCode } from "../errors.ts";
import { type Address, formatAddress } from "./address.ts";
import type { CloseOptions, Listening } from "./listen-options.ts";
import type { ServerSocket, Where } from "./server-socket.ts";
import { queueLength } from "./queue-length.ts";
import type { FilePlace } from "./socket-path.ts";

/** A socket that listens. */
export interface Bound {
  /** Where, as far as it is known. */
  readonly address: Address;
  /** The file of a unix socket that was made here, as it is now. */
  readonly file?: FilePlace | undefined;
  /** As `Listener.close`. */
  close(options?: CloseOptions): Promise<void>;
  /** Stops accepting at once; what the socket is reached by is left to `close`, or to others who have it. */
  stop(): void;
}

/**
 * Connections that wait to be accepted; the system may allow fewer, and Linux allows no more unless told to. Node
 * accepts one each time round its loop, and a unix socket whose queue is full refuses at once.
 */
export const DEFAULT_BACKLOG = 4_096;

/**
 * Makes `server` listen at `where`. `afterBind` is called as soon as the socket is bound. Rejects with a
 * ConnectionError that names `address`; later errors go to `onError`.
 */
export async function bind(
  server: ServerSocket,
  address: Address,
  where: Where,
  { backlog = DEFAULT_BACKLOG, onError }: Listening,
  afterBind?: () => void,
): Promise<void> {
  try {
    const listening = once(server, "listening");
    try {
      // Twice, because Node reads it in one place or the other: for an inherited socket not in the options.
      server.listen({ ...where, backlog }, backlog);
    } finally {
      // Node binds within the call.
      afterBind?.();
    }
    await listening;
  } catch (error) {
    throw listenFailed(address, error);
  }
  // Accepting one connection may fail (no descriptors left); the next may not. Unheard, it would end the process.
  server.on("error", (error: Error) => onError?.(error));
}

/** Most time for those who join the queue of a socket that is to be closed: to a TCP port they may. */
const QUEUE_MS = 1_000;

/**
 * Closes a server when it has accepted what is queued, which the close would reset: when a round of the loop,
 * which takes one connection, has brought none; at once when it is closed meanwhile. `isReachable`: others may
 * still come, and are not waited for any longer than that. Never rejects.
 */
export function closeBehindQueue(server: ServerSocket, isReachable = true): Promise<void> {
  let accepted: number | undefined;
  const until = performance.now() + QUEUE_MS;
  // Who is there already is taken, however slow this machine is.
  const mustTake = server.accepted + (isReachable ? (queueLength(server.fd) ?? 0) : Number.POSITIVE_INFINITY);
  return new Promise((resolve) => {
    const look = (): void => {
      if (
        server.accepted === accepted ||
        !server.listening ||
        (performance.now() > until && server.accepted >= mustTake)
      ) {
        server.close();
        resolve();
        return;
      }
      ({ accepted } = server);
      setImmediate(look);
    };
    setImmediate(look);
  });
}

/** Closes a server: at once, or behind its queue. Never rejects. */
export async function closeServer(server: ServerSocket, behindQueue: boolean, isReachable?: boolean): Promise<void> {
  if (behindQueue) await closeBehindQueue(server, isReachable);
  else server.close();
}

/** Somebody answers at the address: it is not ours to take. */
export function inUse(address: Address): ConnectionError {
  return new ConnectionError(`cannot listen on ${formatAddress(address)}: somebody answers there already`, {
    code: "UWSGI_ADDRESS_IN_USE",
  });
}

/** Listening failed; a `cause` that says so already is kept as it is. */
export function listenFailed(address: Address, cause: unknown, why?: string): ConnectionError {
  if (cause instanceof ConnectionError) return cause;
  const known: ErrorCode = errorCode(cause) === "EADDRINUSE" ? "UWSGI_ADDRESS_IN_USE" : "UWSGI_LISTEN_FAILED";
  const reason = why ?? (cause instanceof Error ? cause.message : String(cause));
  return new ConnectionError(`cannot listen on ${formatAddress(address)}: ${reason}`, { code: known, cause });
}
