/**
 * Two connections as one: what comes on one side goes out on the other, byte for byte, ends and breaks too.
 *
 * Invariants: a side that has no room pauses the other; an end is passed on behind the bytes before it; a break is passed
 * on as a break, once what came before it has left. It is over when both sides are closed.
 */
import type { Transport, TransportUser } from "../connection/index.ts";

/** Who is told of what passes. */
export interface PipeWatcher {
  /** Bytes that stay as they are. */
  onBytes(from: "client" | "server", bytes: Uint8Array): void;
  /** A side has said that nothing more comes of it. */
  onEnd(from: "client" | "server"): void;
  /** A side has broken, or was closed without an end. */
  onBreak(from: "client" | "server", cause: Error | undefined): void;
  /** The last call. */
  onClosed(): void;
}

/** A reset takes with it what the other end has not read yet: it gets so long. */
const BREAK_MS = 100;

/** Joins them; they are attached when it is made. */
export class Pipe {
  /** When something last moved, by the clock of `performance.now`. */
  movedMs: number = performance.now();
  private readonly watcher: PipeWatcher;
  private readonly sides: readonly [Side, Side];

  constructor(client: Transport, server: Transport, watcher: PipeWatcher) {
    this.watcher = watcher;
    this.sides = [new Side("client", client, this), new Side("server", server, this)];
    const [first, second] = this.sides;
    first.attach(second);
    second.attach(first);
  }

  /** Both sides closed now. */
  destroy(): void {
    for (const side of this.sides) side.transport.destroy();
  }

  /** @internal */
  moved(): void {
    this.movedMs = performance.now();
  }

  /** @internal */
  tellBytes(from: Side, bytes: Uint8Array): void {
    this.watcher.onBytes(from.name, bytes);
  }

  /** @internal */
  tellEnd(from: Side): void {
    this.watcher.onEnd(from.name);
  }

  /** @internal */
  tellClosed(from: Side, isBroken: boolean, cause: Error | undefined): void {
    if (isBroken) this.watcher.onBreak(from.name, cause);
    if (this.sides.every(({ isClosed }) => isClosed)) this.watcher.onClosed();
  }
}

class Side implements TransportUser {
  readonly name: "client" | "server";
  readonly transport: Transport;
  private readonly pipe: Pipe;
  private other: Side | undefined;
  private hasEnded = false;
  private isBreaking = false;
  isClosed = false;

  constructor(name: "client" | "server", transport: Transport, pipe: Pipe) {
    this.name = name;
    this.transport = transport;
    this.pipe = pipe;
  }

  attach(other: Side): void {
    this.other = other;
    this.transport.attach(this);
  }

  onRead(lent: Uint8Array): void {
    this.pipe.moved();
    const bytes = this.transport.keep(lent);
    this.pipe.tellBytes(this, bytes);
    if (this.other?.take(bytes) === false) this.transport.pause();
  }

  onEnd(): void {
    this.hasEnded = true;
    this.pipe.tellEnd(this);
    this.other?.finish();
  }

  onDrain(): void {
    this.pipe.moved();
    this.other?.transport.resume();
    if (this.isBreaking) this.breakSoon();
  }

  onFinish(): void {
    this.pipe.moved();
  }

  onClose(cause: Error | undefined): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const isBroken = cause !== undefined || !this.hasEnded;
    if (isBroken) this.other?.break();
    // Paused for us, it would never see its own end.
    else if (this.other?.isClosed === false) this.other.transport.resume();
    this.pipe.tellClosed(this, isBroken, cause);
  }

  /** False: no more for now. */
  private take(bytes: Uint8Array): boolean {
    return this.isClosed || this.isBreaking || this.transport.write(bytes);
  }

  private finish(): void {
    if (!this.isClosed) this.transport.end();
  }

  private break(): void {
    if (this.isClosed || this.isBreaking) return;
    this.isBreaking = true;
    if (this.transport.unsentBytes === 0) this.breakSoon();
  }

  private breakSoon(): void {
    setTimeout(() => {
      if (!this.isClosed) this.transport.reset();
    }, BREAK_MS);
  }
}
