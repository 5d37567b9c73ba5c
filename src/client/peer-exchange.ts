/**
 * One exchange with a server: connects, sends, reads the reply, and ends exactly once.
 *
 *     open -> connected -> sending (packet, body) ........ all handed
 *                             `-> reply begins -> reply is done | broken
 *
 * Sending and reading go on side by side: a server may answer before it has read all, and what it answers counts,
 * also where the rest can no longer be sent. Invariants: `begun` settles once; whatever ends the exchange closes the
 * connection, takes timer and listener away, and lets the source of the body go. Behind that nothing of it runs but who reads
 * what has come already.
 *
 * Written with callbacks, not with generators: bridges make one for each request.
 */
import type { Transport, TransportUser } from "../connection/index.ts";
import { gone, readTwice, UwsgiError } from "../errors.ts";
import { BytesBody } from "./bytes-body.ts";
import { ExchangeClock } from "./exchange-clock.ts";
import type { ReplyDecoder } from "./reply-decoder.ts";
import { type BodySink, sendBody } from "./send-body.ts";
import type { Timeouts } from "./timeouts.ts";

/** Bytes kept unread before the transport is paused, as for requests: one read of a socket. */
const HIGH_WATER = 65_536;
const LONGEST_TIMER_MS = 2_147_483_647;

export interface ExchangePlan {
  /** The peer, for messages. */
  readonly name: string;
  /** Begins to connect; the answered function gives up. */
  readonly open: (exchange: PeerExchange) => () => void;
  readonly packet: Uint8Array;
  readonly body: AsyncIterable<Uint8Array> | undefined;
  /** Bytes that the body must have; undefined: as many as it has. */
  readonly bodyLength: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeouts: Timeouts;
  readonly decoder: ReplyDecoder;
}

interface Reader {
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(error: unknown): void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** One connection, its packet, and what comes back; see above. */
export class PeerExchange implements TransportUser, BodySink {
  /** Settles when the reply begins. Rejects with the reason of the signal, or an error of this package. */
  readonly begun: Promise<void>;
  private readonly plan: ExchangePlan;
  private readonly clock: ExchangeClock;
  private readonly onAbort: (() => void) | undefined;
  private resolveBegun: () => void = () => {};
  private rejectBegun: (error: unknown) => void = () => {};
  private giveUp: (() => void) | undefined;
  private transport: Transport | undefined;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private hasBegun = false;
  /** The reply is whole or broken, or nobody wants it: the connection is closed. */
  isOver = false;
  private fault: unknown;
  private pieces: Uint8Array[] = [];
  private size = 0;
  private isPaused = false;
  private reader: Reader | undefined;
  private source: AsyncIterator<Uint8Array> | undefined;
  private onRoom: (() => void) | undefined;

  /** Begins. Throws the reason of a signal that has fired. */
  constructor(plan: ExchangePlan) {
    const { signal } = plan;
    signal?.throwIfAborted();
    this.plan = plan;
    const now = performance.now();
    this.clock = new ExchangeClock(plan.timeouts, now);
    this.begun = new Promise((resolve, reject) => {
      this.resolveBegun = resolve;
      this.rejectBegun = reject;
    });
    if (signal !== undefined) {
      this.onAbort = (): void => this.fail(signal.reason);
      signal.addEventListener("abort", this.onAbort, { once: true });
    }
    this.giveUp = plan.open(this);
    this.setTimer(now);
  }

  // Connecting: see `openTransport` of the area connection.

  onOpen(transport: Transport): void {
    this.giveUp = undefined;
    if (this.isOver) {
      transport.destroy();
      return;
    }
    this.transport = transport;
    this.clock.connect();
    transport.attach(this);
    this.send();
  }

  onFail(error: unknown): void {
    this.giveUp = undefined;
    this.fail(error);
  }

  // The reply, for who reads it.

  /** The next piece; one call at a time. Rejects when the reply is broken. */
  read(): Promise<IteratorResult<Uint8Array, undefined>> {
    const value = this.pieces.shift();
    if (value !== undefined) {
      this.size -= value.length;
      if (this.isPaused && this.size < HIGH_WATER) {
        this.isPaused = false;
        this.transport?.resume();
      }
      return Promise.resolve({ done: false, value });
    }
    if (this.fault !== undefined) {
      const { fault } = this;
      // As an iterator that has thrown: behind its error it is at its end.
      this.fault = undefined;
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- an error, but for the type
      return Promise.reject(fault);
    }
    if (this.isOver) return Promise.resolve(DONE);
    if (this.reader !== undefined) return Promise.reject(readTwice());
    const now = performance.now();
    this.clock.await(now);
    this.setTimer(now);
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
    });
  }

  /** Nobody wants the rest: closes the connection. */
  cancel(): void {
    this.pieces = [];
    this.size = 0;
    this.fault = undefined;
    this.finish();
  }

  // What the transport tells.

  onRead(bytes: Uint8Array): void {
    const { transport } = this;
    if (this.isOver || transport === undefined) return;
    const { decoder } = this.plan;
    let piece: Uint8Array | undefined;
    try {
      piece = decoder.push(transport.keep(bytes));
    } catch (error) {
      if (decoder.isBegun) this.begin();
      this.fail(error);
      return;
    }
    if (decoder.isBegun) this.begin();
    if (piece !== undefined) this.hand(piece);
    if (decoder.isDone) this.finish();
  }

  onEnd(): void {
    if (this.isOver) return;
    const { decoder } = this.plan;
    try {
      decoder.end();
    } catch (error) {
      this.fail(error);
      return;
    }
    if (decoder.isBegun) this.begin();
    this.finish();
  }

  onDrain(): void {
    if (this.isOver) return;
    this.noteWrite();
    this.onRoom?.();
    this.onRoom = undefined;
  }

  onFinish(): void {}

  onClose(cause: Error | undefined): void {
    // The usual case: an error that nobody reads would be a large part of what a request costs.
    if (this.isOver) return;
    this.fail(gone(`${this.plan.name} closed the connection: ${cause?.message ?? "no reason"}`, cause));
  }

  // Sending

  private send(): void {
    const { packet, body } = this.plan;
    if (body === undefined) {
      this.write(packet);
      this.handAll();
    } else if (body instanceof BytesBody) {
      // One call to the system for both.
      this.write(packet, body.bytes);
      this.handAll();
    } else {
      this.write(packet);
      this.sendBody(body).then(
        () => this.handAll(),
        (error: unknown) => this.failBody(error),
      );
    }
  }

  private async sendBody(body: AsyncIterable<Uint8Array>): Promise<void> {
    this.source = body[Symbol.asyncIterator]();
    return sendBody(this.source, this.plan.bodyLength, this);
  }

  /** Half a body must not be taken for a whole one: the connection goes with it. */
  private failBody(error: unknown): void {
    if (this.isOver) return;
    this.source = undefined;
    const reason = error instanceof Error ? error.message : String(error);
    this.fail(
      new UwsgiError(`the body of the request to ${this.plan.name} failed: ${reason}`, {
        code: "UWSGI_REQUEST_BODY_FAILED",
        cause: error,
      }),
    );
  }

  /** For the body. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.onRoom = resolve;
    });
  }

  /** For the body. */
  write(bytes: Uint8Array, next?: Uint8Array): boolean {
    const hasRoom = this.transport?.write(bytes, next) ?? true;
    this.noteWrite();
    return hasRoom;
  }

  private noteWrite(): void {
    const now = performance.now();
    this.clock.write(now, this.transport?.unsentBytes ?? 0);
    this.setTimer(now);
  }

  private handAll(): void {
    this.source = undefined;
    if (this.isOver) return;
    const now = performance.now();
    this.clock.handAll(now, this.transport?.unsentBytes ?? 0);
    this.setTimer(now);
  }

  // Reading

  private begin(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    this.clock.begin(this.plan.decoder.isTunnel);
    this.resolveBegun();
  }

  private hand(value: Uint8Array): void {
    const { reader } = this;
    if (reader !== undefined) {
      this.reader = undefined;
      this.clock.got();
      reader.resolve({ done: false, value });
      return;
    }
    this.pieces.push(value);
    this.size += value.length;
    if (this.size < HIGH_WATER || this.isPaused) return;
    this.isPaused = true;
    this.transport?.pause();
  }

  // Time and ends

  private setTimer(now: number): void {
    const at = this.clock.nextLookAt;
    if (this.isOver || at >= this.timerAt) return;
    clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = setTimeout(look, Math.min(Math.max(1, Math.ceil(at - now)), LONGEST_TIMER_MS), this);
  }

  /** @internal For the timer. */
  look(): void {
    this.timer = undefined;
    this.timerAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    const error = this.clock.overdue(now, this.transport?.unsentBytes ?? 0, this.plan.name);
    if (error === undefined) this.setTimer(now);
    else this.fail(error);
  }

  private fail(error: unknown): void {
    if (this.isOver) return;
    const { reader } = this;
    this.reader = undefined;
    if (!this.hasBegun) this.rejectBegun(error);
    else if (reader === undefined) this.fault = error;
    else reader.reject(error);
    this.finish();
  }

  private finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    const { plan, onAbort, reader, source } = this;
    if (onAbort !== undefined) plan.signal?.removeEventListener("abort", onAbort);
    this.giveUp?.();
    this.giveUp = undefined;
    this.transport?.destroy();
    this.reader = undefined;
    reader?.resolve(DONE);
    this.onRoom?.();
    this.onRoom = undefined;
    this.source = undefined;
    // What it says to that concerns nobody any more.
    source?.return?.()?.catch(() => {});
  }
}

/** One function for all timers: a closure for each request would be made in vain nearly always. */
function look(exchange: PeerExchange): void {
  exchange.look();
}
