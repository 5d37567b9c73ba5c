/** A transport without a socket: the test plays the peer. */
import type { Transport, TransportUser } from "../../src/connection/index.ts";
import { asBuffer, copyOf } from "../../src/connection/transport.ts";
import { concat, latin1 } from "./wire.ts";

export interface MemoryOptions {
  /** Hands out its reads in a buffer that is overwritten as soon as the call returns. Default true, for it hides nothing. */
  readonly lendsReads?: boolean;
}

export class MemoryTransport implements Transport {
  readonly peer = "memory";
  readonly localPort = 0;
  readonly lendsReads: boolean;
  /** What was asked of the transport, in order; writes are in `written`. */
  readonly calls: string[] = [];
  unsentBytes = 0;
  /** Answer of `write`: false means that the peer does not read. */
  hasRoom = true;
  isPaused = false;
  private readonly parts: Uint8Array[] = [];
  private user: TransportUser | undefined;
  private isClosed = false;

  constructor({ lendsReads = true }: MemoryOptions = {}) {
    this.lendsReads = lendsReads;
  }

  get written(): Uint8Array {
    return concat(this.parts);
  }

  get text(): string {
    return Buffer.from(this.written).toString("latin1");
  }

  /** The peer sends bytes. */
  receive(bytes: Uint8Array | string): void {
    const sent = typeof bytes === "string" ? latin1(bytes) : bytes;
    // As Node hands them out: a Buffer, whose own slice() is a view and no copy.
    const lent = Buffer.from(sent);
    this.told().onRead(lent);
    if (this.lendsReads) lent.fill(0xee);
  }

  /** The peer closes its sending side. */
  receiveEnd(): void {
    this.told().onEnd();
  }

  drain(): void {
    this.hasRoom = true;
    this.told().onDrain();
    if (this.calls.includes("end")) this.told().onFinish();
    if (this.calls.includes("close")) this.break();
  }

  /** Both sides are closed. */
  break(cause?: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.told().onClose(cause);
  }

  attach(user: TransportUser): void {
    this.user = user;
  }

  keep(bytes: Uint8Array): Buffer {
    return this.lendsReads ? copyOf(bytes) : asBuffer(bytes);
  }

  pause(): void {
    this.isPaused = true;
    this.calls.push("pause");
  }

  resume(): void {
    this.isPaused = false;
    this.calls.push("resume");
  }

  write(chunk: Uint8Array | string, next?: Uint8Array | string): boolean {
    this.parts.push(typeof chunk === "string" ? latin1(chunk) : chunk.slice());
    return next === undefined ? this.hasRoom : this.write(next);
  }

  end(): void {
    this.calls.push("end");
    if (this.hasRoom) queueMicrotask(() => this.told().onFinish());
  }

  close(): boolean {
    this.calls.push("close");
    if (this.hasRoom) this.isClosed = true;
    return this.hasRoom;
  }

  destroy(): void {
    this.calls.push("destroy");
    queueMicrotask(() => this.break());
  }

  reset(): boolean {
    this.calls.push("reset");
    queueMicrotask(() => this.break());
    return true;
  }

  private told(): TransportUser {
    if (this.user === undefined) throw new Error("nobody is attached");
    return this.user;
  }
}
