/**
 * What carries the bytes of one connection, seen from above. `direct-transport.ts` is the fast one,
 * `net-transport.ts` over `net.Socket` the one that is always there.
 *
 * Invariant: bytes given to `onRead` of a transport that `lendsReads` are good only until the call
 * returns. Whoever keeps them asks for them, by `keep`.
 */
import { isUint8Array } from "node:util/types";
import { typeError } from "../errors.ts";

/**
 * Who uses a transport. Its methods are called one at a time, and never from inside a call into the transport other
 * than its first `attach`.
 */
export interface TransportUser {
  onRead(bytes: Uint8Array): void;
  /** The peer has closed its sending side; ours may go on. */
  onEnd(): void;
  /** There is room to write again. */
  onDrain(): void;
  /** All that was written before `end` is with the system, and our sending side is closed. */
  onFinish(): void;
  /** The last call: both directions are closed. `cause` is the error that did it, if one did. */
  onClose(cause: Error | undefined): void;
}

export interface Transport {
  /** The peer for logs. Asked for the first time behind a usual end it may be just where it came to. */
  readonly peer: string;
  /** Our TCP port, 0 on a unix socket. */
  readonly localPort: number;
  /** True when read bytes lie in a buffer that the next read overwrites. */
  readonly lendsReads: boolean;
  /** Bytes written that the system has not taken. While they change the peer takes some. */
  readonly unsentBytes: number;
  /**
   * Begins to read; what has come already may be handed over before it returns. Called again, another user is told
   * from then on.
   */
  attach(user: TransportUser): void;
  /** Bytes that it has just handed to `onRead`, all or some, as the caller's own: they stay as they are. A Buffer. */
  keep(bytes: Uint8Array): Buffer;
  pause(): void;
  resume(): void;
  /**
   * Bytes or a latin-1 string, `next` behind it in the same call to the system. False: wait for `onDrain` before
   * more, though this is taken.
   */
  write(chunk: Uint8Array | string, next?: Uint8Array | string): boolean;
  /** Closes our sending side behind what was written. */
  end(): void;
  /**
   * Closes both sides behind what was written, for when nothing more is to come: what would still come is
   * answered with a reset. True: it is closed already, and `onClose` is not called. A transport for which
   * this is no safe end closes only our side, as `end` does.
   */
  close(): boolean;
  /** Closes both sides now; what was not yet sent is lost. */
  destroy(): void;
  /** As `destroy`, but so that the peer sees an error, where the transport has such a way; answers whether it has. */
  reset(): boolean;
}

/** Bytes in memory of their own. */
export function copyOf(bytes: Uint8Array): Buffer {
  // Not out of Node's pool: what lies beside it there is another request's.
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
}

/** The same bytes as a Buffer: an application that calls `toString` on a chunk shall not depend on the transport. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what cannot be written: deep in Node it would end the process. */
export function checkPieces(first: Uint8Array | string, second?: Uint8Array | string): void {
  checkPiece(first);
  if (second !== undefined) checkPiece(second);
}

function checkPiece(piece: Uint8Array | string): void {
  if (typeof piece === "string" || isUint8Array(piece)) return;
  const seen = piece === null ? "null" : typeof piece;
  throw typeError("UWSGI_INVALID_ARGUMENT", `a write of ${seen}, allowed are Uint8Array and string`);
}
