/** A connection as Node knows them, for protocols that go on as raw bytes behind an exchange (WebSocket). */
import { Duplex } from "node:stream";
import { gone } from "../errors.ts";
import type { Transport, TransportUser } from "./transport.ts";

/** A status line up to its number. */
const MOST_BEGINNING = 12;

type Done = (error?: Error | null) => void;

/** Both sides are open, and close one by one. */
export class ConnectionStream extends Duplex implements TransportUser {
  private readonly transport: Transport;
  private readonly onClosed: (cause: Error | undefined) => void;
  bytesWritten = 0;
  beginning = "";
  private isStopped = false;
  private hasPeerEnded = false;
  private isFinished = false;
  private written: Done | undefined;
  private finished: Done | undefined;

  /**
   * Takes the transport over. `received`: what was read before and comes first. `hasEnded`: the peer's
   * side is closed. `onClosed` is called once, at the end.
   */
  constructor(
    transport: Transport,
    received: readonly Uint8Array[],
    hasEnded: boolean,
    onClosed: (cause: Error | undefined) => void,
  ) {
    super({ allowHalfOpen: true });
    this.transport = transport;
    this.onClosed = onClosed;
    for (const bytes of received) this.push(bytes);
    if (hasEnded) this.onEnd();
    transport.attach(this);
    transport.resume();
  }

  /** See `ByteStream.unsentBytes`. */
  get unsentBytes(): number {
    return this.writableLength + this.transport.unsentBytes;
  }

  override _read(): void {
    if (!this.isStopped) return;
    this.isStopped = false;
    this.transport.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: Done): void {
    if (this.send(chunk)) done();
    else this.written = done;
  }

  /** What was corked, such as the head and the payload of a frame: by twos, each with one call to the system. */
  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: Done): void {
    let hasRoom = true;
    for (let i = 0; i < chunks.length; i += 2) {
      const [first, second] = chunks.slice(i, i + 2);
      if (first !== undefined) hasRoom = this.send(first.chunk, second?.chunk);
    }
    if (hasRoom) done();
    else this.written = done;
  }

  override _final(done: Done): void {
    this.finished = done;
    this.transport.end();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.transport.destroy();
    // Who waits for a write, or for the end, waits no longer.
    for (const waiting of [this.written, this.finished]) waiting?.(error ?? gone("the stream was destroyed"));
    this.written = undefined;
    this.finished = undefined;
    done(error);
  }

  private send(chunk: Buffer, next?: Buffer): boolean {
    this.note(chunk);
    if (next !== undefined) this.note(next);
    return this.transport.write(chunk, next);
  }

  private note(chunk: Buffer): void {
    const { length } = this.beginning;
    if (length < MOST_BEGINNING) this.beginning += chunk.toString("latin1", 0, MOST_BEGINNING - length);
    this.bytesWritten += chunk.length;
  }

  onRead(bytes: Uint8Array): void {
    if (this.push(this.transport.keep(bytes))) return;
    this.isStopped = true;
    this.transport.pause();
  }

  onEnd(): void {
    this.hasPeerEnded = true;
    this.push(null);
    // As `net.Socket`: where nothing is left to be read the end is told, though nobody reads.
    this.read(0);
  }

  onDrain(): void {
    const done = this.written;
    this.written = undefined;
    done?.();
  }

  onFinish(): void {
    this.isFinished = true;
    const done = this.finished;
    this.finished = undefined;
    done?.();
  }

  onClose(cause: Error | undefined): void {
    // What has come and was not read yet would be lost: behind both ends the stream closes by itself.
    if (cause !== undefined || !this.hasPeerEnded || !this.isFinished) this.destroy(cause);
    this.onClosed(cause);
  }
}
