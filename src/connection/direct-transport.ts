/**
 * The transport over a stream handle, without a `net.Socket`: most of what a short connection costs is making
 * one, and asking it to end.
 *
 * All connections read into one buffer: it is lent, see `Transport`. One that brings much which is kept, an upload,
 * gets a buffer of its own for the next read, and then gives it away instead of a copy. A write mostly is with the
 * system when the call returns; only one that is not makes an object. How the handle behaves is described in
 * `stream-binding.ts`.
 */
import type { EarlyReads } from "./early-reads.ts";
import { nameOfPeer, peerAddress } from "./peer-address.ts";
import { loadStreamBinding, type StreamBinding, type StreamHandle, type StreamRequest } from "./stream-binding.ts";
import { isNotConnected, systemError } from "./system-error.ts";
import { asBuffer, copyOf, type Transport, type TransportUser } from "./transport.ts";

/** What nginx and the system hand over at once from a unix socket. */
const READ_BYTES = 65_536;

/** A read from which on giving its buffer away is cheaper than a copy, and wastes no more than it holds. */
const MUCH_BYTES: number = READ_BYTES / 2;

/** libuv's code for the end of a stream. */
export const END_OF_STREAM: number = -4_095;

/** Where connections come from. */
export interface Origin {
  /** The peer for logs where the system knows no address: on unix sockets. */
  readonly name: string;
  /** Our TCP port, 0 on a unix socket. */
  readonly port: number;
  /** Where peers send with their connect. Absent: what they send is waited for. */
  readonly earlyReads?: EarlyReads | undefined;
}

/** What all connections of the process share. Made when the first one comes: the self-test has passed then. */
let shared: Shared | undefined;

interface Shared {
  readonly binding: StreamBinding;
  /** Nobody but this keeps it alive, and the handles write into it. */
  readonly buffer: Uint8Array;
  /** Its first n bytes: most requests are of a few lengths, and a view takes longer to make than to find. */
  readonly views: (Uint8Array | undefined)[];
}

/** Reads up to so long have their view kept. */
const KEPT_VIEWS = 4_096;

/** A write that is done when the call returns leaves its request untouched: it serves again. */
let spareWrite: StreamRequest | undefined;

export class DirectTransport implements Transport {
  readonly lendsReads = true;
  protected readonly handle: StreamHandle;
  private readonly origin: Origin;
  private readonly binding: StreamBinding;
  private user: TransportUser | undefined;
  /** What the next read goes into, where it is not the shared one. */
  private own: Buffer | undefined;
  /** Bytes of the last read. */
  private lastRead = 0;
  /** Much of the last read is kept. */
  private isMuchKept = false;
  private knownPeer: string | undefined;
  protected isPaused = false;
  private isReading = false;
  /** Writes that go on. */
  protected writing = 0;
  private isEnding = false;
  private isFinished = false;
  private hasPeerEnded = false;
  /** Both sides are to be closed behind what is being written. */
  private isClosing = false;
  protected isClosed = false;

  /** The handle is the transport's from now on. */
  constructor(handle: StreamHandle, origin: Origin) {
    shared ??= share();
    this.handle = handle;
    this.origin = origin;
    this.binding = shared.binding;
  }

  get peer(): string {
    return (this.knownPeer ??= this.isClosed
      ? this.origin.name
      : nameOfPeer(peerAddress(this.handle), this.origin.name));
  }

  get localPort(): number {
    return this.origin.port;
  }

  get unsentBytes(): number {
    return this.writing === 0 || this.isClosed ? 0 : this.handle.writeQueueSize;
  }

  attach(user: TransportUser): void {
    const isFirst = this.user === undefined;
    this.user = user;
    if (!isFirst) return;
    if (this.origin.earlyReads !== undefined) this.readEarly(this.origin.earlyReads);
    if (!this.isPaused) this.resume();
  }

  keep(bytes: Uint8Array): Buffer {
    if (bytes.length < MUCH_BYTES) return copyOf(bytes);
    this.isMuchKept = true;
    if (bytes.buffer !== this.own?.buffer) return copyOf(bytes);
    // What this memory held before is nobody's to see.
    this.own.fill(0, this.lastRead);
    return asBuffer(bytes);
  }

  pause(): void {
    this.isPaused = true;
    if (this.isClosed || !this.isReading) return;
    this.isReading = false;
    this.handle.readStop();
  }

  resume(): void {
    this.isPaused = false;
    // A second start would be an error.
    if (!this.isClosed && !this.isReading && !this.hasPeerEnded) this.startReading();
  }

  protected startReading(): void {
    if (this.handle.transport === undefined) this.prepareHandle();
    this.isReading = true;
    const fault = this.handle.readStart();
    if (fault < 0) this.fail("read", fault);
  }

  write(chunk: Uint8Array | string, next?: Uint8Array | string): boolean {
    if (this.isClosed) return false;
    const request = (spareWrite ??= new this.binding.WriteWrap());
    const chunks = next === undefined ? chunk : join(chunk, next);
    const fault = this.start(request, chunks);
    if (fault < 0) {
      this.failWrite(fault);
      return false;
    }
    if (this.binding.state[this.binding.asyncIndex] === 0) return this.writing === 0;
    spareWrite = undefined;
    // Else the engine would free bytes that the system still reads.
    request.chunks = chunks;
    request.transport = this;
    request.oncomplete = onWritten;
    this.writing++;
    return false;
  }

  end(): void {
    if (this.isClosed || this.isEnding) return;
    this.isEnding = true;
    const request = new this.binding.ShutdownWrap();
    request.transport = this;
    request.oncomplete = onShutdown;
    // Behind the writes that go on: libuv sees to it.
    const fault = this.handle.shutdown(request);
    if (fault >= 0) return;
    // libuv's own word where a read has failed.
    if (isNotConnected(fault)) process.nextTick(() => this.onShutdown(fault));
    else this.fail("shutdown", fault);
  }

  close(): boolean {
    if (this.isClosed) return false;
    this.isClosing = true;
    if (this.writing > 0) return false;
    this.release();
    return true;
  }

  destroy(): void {
    this.break(undefined);
  }

  reset(): boolean {
    const { handle } = this;
    // Behind a shutdown there is no reset.
    if (this.isClosed || handle.reset === undefined || this.isEnding) {
      this.destroy();
      return false;
    }
    void this.peer;
    this.isClosed = true;
    handle.reset();
    this.tellClosed(undefined);
    return true;
  }

  /** Something has come, or the stream has ended or failed. */
  onRead(result: number): void {
    if (this.isClosed || this.user === undefined) return;
    if (result > 0) {
      this.lastRead = result;
      this.user.onRead(this.own?.subarray(0, result) ?? readBytes(result));
    } else if (result === END_OF_STREAM) {
      this.hasPeerEnded = true;
      this.user.onEnd();
      this.closeIfDone();
    } else if (result < 0) this.fail("read", result);
  }

  /** What the next read is to go into, where it is to change: what was kept must stay as it is. */
  nextBuffer(): Uint8Array | undefined {
    const { isMuchKept } = this;
    if (this.isClosed || (!isMuchKept && this.own === undefined)) return undefined;
    this.isMuchKept = false;
    this.own = isMuchKept ? Buffer.allocUnsafeSlow(READ_BYTES) : undefined;
    return this.own ?? (shared as Shared).buffer;
  }

  onWritten(status: number): void {
    this.writing--;
    if (this.isClosed) return;
    if (status < 0) this.failWrite(status);
    else if (this.writing > 0) return;
    else {
      this.user?.onDrain();
      if (this.isClosing && !this.isClosed) this.closeAndTell();
    }
  }

  onShutdown(status: number): void {
    if (this.isClosed) return;
    // The peer has closed both sides meanwhile: there is nobody to tell.
    if (status < 0 && !isNotConnected(status)) {
      this.fail("shutdown", status);
      return;
    }
    this.isFinished = true;
    this.user?.onFinish();
    this.closeIfDone();
  }

  private readEarly(earlyReads: EarlyReads): void {
    const { fd } = this.handle;
    // Not on Windows.
    if (fd === undefined || fd < 0) return;
    const result = earlyReads.read(fd, (shared as Shared).buffer);
    if (result !== undefined) this.onRead(result === 0 ? END_OF_STREAM : result);
  }

  /** For reads by the event loop: many connections are over before they need one. */
  private prepareHandle(): void {
    this.handle.transport = this;
    this.handle.onread = onRead;
    this.handle.useUserBuffer(this.nextBuffer() ?? (shared as Shared).buffer);
  }

  private start(request: StreamRequest, chunks: Chunks): number {
    const { handle } = this;
    if (typeof chunks === "string") return handle.writeLatin1String(request, chunks);
    // It throws for what is no bytes; `writev` would end the process.
    return chunks instanceof Pair ? handle.writev(request, chunks.parts, false) : handle.writeBuffer(request, chunks);
  }

  private closeIfDone(): void {
    if (!this.isClosed && this.hasPeerEnded && this.isFinished) this.closeAndTell();
  }

  /** From inside a call of the event loop's. */
  private closeAndTell(): void {
    this.release();
    this.user?.onClose(undefined);
  }

  protected failWrite(status: number): void {
    this.fail("write", status);
  }

  private fail(call: string, status: number): void {
    this.break(systemError(call, status));
  }

  private break(cause: Error | undefined): void {
    if (this.isClosed) return;
    // Not a usual end: somebody will want to know whose it was.
    void this.peer;
    this.release();
    this.tellClosed(cause);
  }

  private release(): void {
    this.isClosed = true;
    this.handle.close();
  }

  /** Not from inside a call into the transport. */
  private tellClosed(cause: Error | undefined): void {
    process.nextTick(() => this.user?.onClose(cause));
  }
}

function share(): Shared {
  return {
    binding: loadStreamBinding(),
    buffer: new Uint8Array(READ_BYTES),
    views: Array.from({ length: KEPT_VIEWS }, () => undefined),
  };
}

function onRead(this: StreamHandle): Uint8Array | undefined {
  const { state, readIndex } = (shared as Shared).binding;
  const transport = this.transport as DirectTransport;
  transport.onRead(state[readIndex] as number);
  return transport.nextBuffer();
}

/** The first bytes of what all connections read into. */
function readBytes(length: number): Uint8Array {
  const { buffer, views } = shared as Shared;
  if (length >= KEPT_VIEWS) return buffer.subarray(0, length);
  return (views[length] ??= buffer.subarray(0, length));
}

function onWritten(this: StreamRequest, status: number): void {
  (this.transport as DirectTransport).onWritten(status);
}

function onShutdown(this: StreamRequest, status: number): void {
  (this.transport as DirectTransport).onShutdown(status);
}

/** What one call writes. */
type Chunks = Uint8Array | string | Pair;

/** Two pieces as `writev` takes them. */
class Pair {
  readonly parts: readonly unknown[];

  constructor(first: Uint8Array | string, second: Uint8Array | string) {
    this.parts = [first, encodingOf(first), second, encodingOf(second)];
  }
}

function join(chunk: Uint8Array | string, next: Uint8Array | string): string | Pair {
  return typeof chunk === "string" && typeof next === "string" ? chunk + next : new Pair(chunk, next);
}

function encodingOf(chunk: Uint8Array | string): "latin1" | "buffer" {
  return typeof chunk === "string" ? "latin1" : "buffer";
}
