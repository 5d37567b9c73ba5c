/** A transport whose other end a fuzzed peer plays, with the order of events of a real socket. */
import type { Transport, TransportUser } from "../../src/connection/index.ts";
import { asBuffer, copyOf } from "../../src/connection/transport.ts";

/** Bytes that wait for a peer which does not read, above which a writer is asked to wait: as in Node. */
const HIGH_WATER = 16_384;

export class PeerTransport implements Transport {
  readonly peer = "fuzz";
  readonly localPort = 0;
  readonly lendsReads: boolean;
  /** Grows with whatever is done to it. */
  activity = 0;
  /** What was done that no user of a transport may do. */
  readonly violations: string[] = [];
  /** How our side was closed: by `end`, or broken off. */
  closedBy: "end" | "destroy" | "reset" | undefined;
  /** All that was written has left, and our side is closed. */
  isFinished = false;
  /** Both sides are closed, and the user was told. */
  isClosed = false;
  /** How our side was ended: both sides at once, or ours alone, and what the user had been told by then. */
  ended: { readonly both: boolean; readonly delivered: number; readonly sawEnd: boolean } | undefined;
  /** The peer has closed, or reset. */
  isPeerGone = false;
  private readonly hasReset: boolean;
  private readonly written: Uint8Array[] = [];
  private user: TransportUser | undefined;
  private isReading = true;
  private backlog = 0;
  private needsDrain = false;
  private users = 0;
  /** Bytes that the user was told of, and whether it was told of the peer's end. */
  private delivered = 0;
  private sawEnd = false;
  private isPaused = false;
  /** Both sides are to be closed behind what was written. */
  private isClosing = false;
  /** What the peer has sent and a paused user has not seen; the end is `undefined`. */
  private readonly arriving: (Uint8Array | undefined)[] = [];

  /** `hasReset`: as TCP has it, and unix sockets have not. */
  constructor(lendsReads: boolean, hasReset: boolean) {
    this.lendsReads = lendsReads;
    this.hasReset = hasReset;
  }

  /** All bytes that were handed over before our side was closed. */
  get output(): Buffer {
    return Buffer.concat(this.written);
  }

  // What the peer does; never called from inside a call of the user's.

  send(bytes: Uint8Array): void {
    this.arriving.push(bytes);
    this.deliver();
  }

  sendEnd(): void {
    this.isPeerGone = true;
    this.arriving.push(undefined);
    this.deliver();
  }

  sendReset(): void {
    this.isPeerGone = true;
    this.shut(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
  }

  stopReading(): void {
    this.isReading = false;
  }

  startReading(): void {
    this.isReading = true;
    this.backlog = 0;
    if (this.isClosed || this.isBroken) return;
    if (this.needsDrain) {
      this.needsDrain = false;
      this.user?.onDrain();
    }
    if (this.closedBy === "end") this.finish();
  }

  get unsentBytes(): number {
    return this.backlog;
  }

  // What the user does

  attach(user: TransportUser): void {
    // A second user takes over behind an upgrade.
    if (++this.users > 2) this.violations.push("attach, three times");
    this.user = user;
  }

  keep(bytes: Uint8Array): Buffer {
    return this.lendsReads ? copyOf(bytes) : asBuffer(bytes);
  }

  pause(): void {
    this.activity++;
    this.isPaused = true;
  }

  resume(): void {
    this.activity++;
    this.isPaused = false;
    queueMicrotask(() => this.deliver());
  }

  write(first: Uint8Array | string, next?: Uint8Array | string): boolean {
    const hasRoom = this.take(first);
    return next === undefined ? hasRoom : this.take(next);
  }

  end(): void {
    this.endBy(false);
  }

  close(): boolean {
    this.endBy(true);
    this.isClosing = true;
    if (!this.isReading || this.isBroken) return false;
    this.isFinished = true;
    this.isClosed = true;
    return true;
  }

  destroy(): void {
    this.break("destroy");
  }

  reset(): boolean {
    this.break(this.hasReset ? "reset" : "destroy");
    return this.hasReset;
  }

  private endBy(both: boolean): void {
    this.activity++;
    this.ended ??= { both, delivered: this.delivered, sawEnd: this.sawEnd };
    if (this.closedBy !== undefined || this.isClosed) this.violations.push(`end, closed by ${this.closedBy ?? "peer"}`);
    this.closedBy ??= "end";
    if (this.isReading) queueMicrotask(() => this.finish());
  }

  private take(chunk: Uint8Array | string): boolean {
    this.activity++;
    if (this.closedBy === "end" || this.isClosed) this.violations.push(`write, closed by ${this.closedBy ?? "peer"}`);
    // As Node: what is written to a destroyed socket is lost, and no room comes.
    if (this.closedBy !== undefined || this.isClosed) return false;
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, "latin1") : Buffer.from(chunk);
    this.written.push(bytes);
    if (this.isReading) return true;
    this.backlog += bytes.length;
    this.needsDrain ||= this.backlog >= HIGH_WATER;
    return !this.needsDrain;
  }

  private get isBroken(): boolean {
    return this.closedBy === "destroy" || this.closedBy === "reset";
  }

  private break(by: "destroy" | "reset"): void {
    this.activity++;
    if (!this.isFinished) this.closedBy = by;
    queueMicrotask(() => this.shut(undefined));
  }

  private deliver(): void {
    while (!this.isPaused && !this.isClosed && !this.isBroken && this.arriving.length > 0) {
      this.activity++;
      const bytes = this.arriving.shift();
      if (bytes === undefined) {
        this.sawEnd = true;
        this.user?.onEnd();
        this.closeIfDone();
        return;
      }
      const lent = Buffer.from(bytes);
      this.delivered += lent.length;
      this.user?.onRead(lent);
      if (this.lendsReads) lent.fill(0xee);
    }
  }

  private finish(): void {
    this.activity++;
    if (this.isFinished || this.isClosed || this.isBroken || !this.isReading) return;
    this.isFinished = true;
    this.user?.onFinish();
    this.closeIfDone();
  }

  private closeIfDone(): void {
    if (this.isFinished && (this.isClosing || (this.isPeerGone && this.arriving.length === 0)))
      queueMicrotask(() => this.shut(undefined));
  }

  private shut(cause: Error | undefined): void {
    this.activity++;
    if (this.isClosed) return;
    this.isClosed = true;
    this.user?.onClose(cause);
  }
}
