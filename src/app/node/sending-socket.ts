/**
 * The writing side of what a Node application takes for the connection: parts of the response -> a `DirectAnswer`, in
 * as few calls as they can be sent in, and told to wait for room where there is none.
 */
import type { Environ } from "../../environ/index.ts";
import type { AppRequest, DirectAnswer } from "../../handler/index.ts";
import { announceWhole } from "./head.ts";
import { Identity } from "./identity.ts";
import type { IdleTimer } from "./idle-timer.ts";
import { emitDrain, noCallback, type ResponseParts, type Sendable, type Written } from "./internals.ts";
import { joinPieces, type Piece, pieceOf } from "./pieces.ts";

/** Bytes that wait before they are sent without waiting for more; and that a reader is given ahead. */
export const HIGH_WATER_MARK = 65_536;

export abstract class SendingSocket extends Identity {
  protected readonly request: AppRequest;
  protected readonly answer: DirectAnswer;
  protected res: ResponseParts | undefined;
  /** Of the head that was made: its status, and the Content-Length in it. */
  status = 200;
  announced: number | undefined;
  /** Calls of `cork` that are open. */
  private corks = 0;
  /** The response is being ended: nothing comes behind what is there. */
  private isEnding = false;
  private hasBegun = false;
  private isTickDue = false;
  /** The response has been given over whole. */
  protected isOver = false;
  /** Neither side has anything to expect. */
  destroyed = false;
  /** What is to be sent. */
  private first: Piece | undefined;
  private more: Piece[] | undefined;
  private queued = 0;
  /** While what was sent waits to be taken. */
  protected room: Promise<void> | undefined;
  private unsent = 0;
  private callback: Written | undefined;
  private moreCallbacks: Written[] | undefined;
  protected timer: IdleTimer | undefined;
  bytesWritten = 0;

  constructor(request: AppRequest, answer: DirectAnswer) {
    super();
    this.request = request;
    this.answer = answer;
  }

  /** The application, or the client, has failed. */
  abstract fail(error: unknown): void;

  /** All of the response has been taken. */
  protected abstract settle(res: ResponseParts): void;

  get environ(): Environ {
    return this.request.environ;
  }

  /** True while the response is neither sent nor broken off. */
  get isOpen(): boolean {
    return !this.isOver && !this.destroyed;
  }

  /** Where Node looks for the state of a stream: it is here. */
  get _writableState(): this {
    return this;
  }

  get writable(): boolean {
    return this.isOpen;
  }

  get writableCorked(): number {
    return this.corks;
  }

  get corked(): number {
    return this.corks;
  }

  /** Set, by way of `_writableState`, by `end` of a response only: on all Nodes, and before it uncorks. */
  set corked(corks: number) {
    this.corks = corks;
    this.isEnding = true;
  }

  get writableLength(): number {
    return this.queued + this.unsent;
  }

  get writableHighWaterMark(): number {
    return HIGH_WATER_MARK;
  }

  cork(): void {
    this.corks++;
  }

  uncork(): void {
    if (this.corks === 0) return;
    this.corks--;
    if (this.corks === 0) this.flush();
  }

  /** Takes a part of the body, with the first the head; false when the writer should wait for `drain`. */
  send(data: Sendable, encoding?: string | null, done?: Written | null, byteLength?: number): boolean {
    if (data.length > 0) {
      const piece = pieceOf(data, encoding, byteLength);
      this.queued += piece.length;
      if (this.first === undefined) this.first = piece;
      else if (this.more === undefined) this.more = [piece];
      else this.more.push(piece);
    }
    // An end without a last part does not cork; a write always does.
    else if (this.corks === 0 && typeof done === "function") this.isEnding = true;
    if (done !== noCallback && typeof done === "function") {
      if (this.callback === undefined) this.callback = done;
      else if (this.moreCallbacks === undefined) this.moreCallbacks = [done];
      else this.moreCallbacks.push(done);
    }
    this.timer?.refresh();
    if (this.corks === 0 || this.queued >= HIGH_WATER_MARK) this.flush();
    return this.room === undefined;
  }

  private flush(): void {
    const { res, first, more, queued } = this;
    if (this.destroyed || res === undefined || !res._headerSent) return;
    if (this.hasBegun && first === undefined) {
      if (this.room === undefined && this.callback !== undefined) this.tickSoon();
      return;
    }
    if (!this.hasBegun && this.isEnding && this.announced === undefined) this.announced = announceWhole(res, queued);
    this.first = undefined;
    this.more = undefined;
    this.queued = 0;
    this.bytesWritten += queued;
    if (more === undefined) this.put(first ?? "");
    else for (const piece of joinPieces(first ?? "", more, queued)) this.put(piece);
    if (this.room === undefined) this.tickSoon();
    else this.awaitRoom(this.room, queued);
  }

  private put(piece: Piece): void {
    if (this.hasBegun) this.room = this.answer.write(piece);
    else {
      this.hasBegun = true;
      this.room = this.answer.begin(this.status, this.res?._header ?? "", this.announced, piece);
    }
  }

  private awaitRoom(room: Promise<void>, size: number): void {
    this.unsent += size;
    room.then(
      () => {
        // Else more has been sent, and who sent it waits for that.
        if (room !== this.room) return;
        this.room = undefined;
        this.tick();
      },
      (error: unknown) => this.fail(error),
    );
  }

  protected tickSoon(): void {
    if (this.isTickDue) return;
    this.isTickDue = true;
    process.nextTick(onTick, this);
  }

  /** What was sent has been taken. */
  tick(): void {
    this.isTickDue = false;
    if (this.destroyed || this.room !== undefined || this.res === undefined) return;
    this.unsent = 0;
    if (this.isOver) this.settle(this.res);
    else {
      this.runCallbacks();
      emitDrain(this.res);
    }
  }

  protected runCallbacks(error?: Error): void {
    const { callback, moreCallbacks } = this;
    this.callback = undefined;
    this.moreCallbacks = undefined;
    callback?.(error);
    if (moreCallbacks !== undefined) for (const another of moreCallbacks) another(error);
  }

  /** What waits is not sent any more. */
  protected drop(): void {
    this.first = undefined;
    this.more = undefined;
    this.queued = 0;
    this.unsent = 0;
  }
}

function onTick(socket: SendingSocket): void {
  socket.tick();
}
