/**
 * What Node's own `net.Socket` is built on: stream handles without a stream around them.
 *
 * None of it is public. It has been the same in Node 20 to 26; `direct-self-test.ts` tries it before it is
 * used, and whoever cannot have it uses `net.Socket`.
 */

/** A write, or a shutdown, that goes on behind the call. */
export interface StreamRequest {
  /** Called with the request as `this`; `status` below 0 is an error of the system. */
  oncomplete?: (status: number) => void;
  /** Ours: whom to tell. */
  transport?: unknown;
  /** Ours: what is being written; nobody but us keeps bytes where they are until it is done. */
  chunks?: unknown;
}

/** A connection as the event loop has it (`Pipe` or `TCP`). Calls answer 0, or an error of the system below 0. */
export interface StreamHandle {
  /**
   * Called with the handle as `this` when something was read, the stream has ended or failed: see `readIndex`.
   * Answers the memory that the next reads go into, kept alive as that of `useUserBuffer`; undefined: the same.
   */
  onread: () => Uint8Array | undefined;
  /** The descriptor; on Windows there is none. */
  readonly fd?: number;
  /** Bytes that have been read so far. */
  readonly bytesRead: number;
  /** Bytes that the system has not taken yet. */
  readonly writeQueueSize: number;
  /** Ours: who owns the connection. */
  transport?: unknown;
  /** All reads go into this memory from now on; nobody but the caller keeps it alive. */
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  writeLatin1String(request: StreamRequest, text: string): number;
  /** The caller keeps the bytes alive, and as they are, until the request completes. */
  writeBuffer(request: StreamRequest, bytes: Uint8Array): number;
  /** Chunks and their encodings in turn; `buffer` for bytes. */
  writev(request: StreamRequest, chunks: readonly unknown[], areAllBytes: false): number;
  shutdown(request: StreamRequest): number;
  /** The descriptor is closed when the call returns. */
  close(): void;
  /** TCP only: closes with a reset. */
  reset?(): number;
  /** TCP only: fills in address, port and family of the peer. */
  getpeername?(peer: { address?: string; port?: number }): number;
  /** TCP only: the same of our side. */
  getsockname?(own: { address?: string; port?: number }): number;
  /** TCP only. */
  setNoDelay?(isOn: boolean): number;
  setKeepAlive?(isOn: boolean, delaySeconds: number): number;
}

/** A handle that listens. */
export interface ListeningHandle {
  /** `status` below 0 is an error of the system; `handle` is the connection otherwise. */
  onconnection: (status: number, handle?: StreamHandle) => void;
  /** TCP only. */
  setNoDelay?(isOn: boolean): number;
  setKeepAlive?(isOn: boolean, delaySeconds: number): number;
}

export interface StreamBinding {
  readonly WriteWrap: new () => StreamRequest;
  readonly ShutdownWrap: new () => StreamRequest;
  /** What the last call has done; valid until the next. */
  readonly state: Int32Array;
  /** Index in `state`: bytes read, or an error below 0. */
  readonly readIndex: number;
  /** Index in `state`: not 0 when the last write goes on behind the call. */
  readonly asyncIndex: number;
}

interface NodeStreamWrap {
  readonly WriteWrap?: unknown;
  readonly ShutdownWrap?: unknown;
  readonly streamBaseState?: unknown;
  readonly kReadBytesOrError?: unknown;
  readonly kLastWriteWasAsync?: unknown;
}

/** Loads it from the running Node. Throws an Error that says what is missing. */
export function loadStreamBinding(): StreamBinding {
  const { binding } = process as unknown as { binding?: (name: string) => NodeStreamWrap };
  if (typeof binding !== "function") throw new Error("this runtime has no process.binding");
  const found = quietly(() => binding.call(process, "stream_wrap"));
  const { WriteWrap, ShutdownWrap, streamBaseState: state } = found;
  const { kReadBytesOrError: readIndex, kLastWriteWasAsync: asyncIndex } = found;
  if (
    typeof WriteWrap !== "function" ||
    typeof ShutdownWrap !== "function" ||
    !(state instanceof Int32Array) ||
    typeof readIndex !== "number" ||
    typeof asyncIndex !== "number"
  ) {
    throw new Error("the stream handles of this Node are not those that are known");
  }
  return { WriteWrap, ShutdownWrap, state, readIndex, asyncIndex } as StreamBinding;
}

/** Node can be told to warn of `process.binding`, or to end the process for it: we know, and look whether it works. */
export function quietly<Value>(call: () => Value): Value {
  const { noDeprecation } = process;
  process.noDeprecation = true;
  try {
    return call();
  } finally {
    process.noDeprecation = noDeprecation as boolean;
  }
}
