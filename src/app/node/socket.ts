/**
 * What a Node application takes for the connection: no socket, and nothing of Node's network under it. It hands
 * the bytes of the response on, fetches those of the request, and tells both when it is over.
 *
 * The order of events is that of `node:http`: `finish` and `close` of a response that was sent; `aborted`, `error` and
 * `close` of the request and `close` of the response when the client is gone.
 */
import type { Server } from "node:http";
import type { Environ } from "../../environ/index.ts";
import { contractError } from "../../errors.ts";
import type { AppRequest, DirectAnswer } from "../../handler/index.ts";
import { BodyFeed, endRequest } from "./body-feed.ts";
import { announceWhole } from "./head.ts";
import { Identity } from "./identity.ts";
import { IdleTimer } from "./idle-timer.ts";
import {
  detachSignal,
  emitDrain,
  noCallback,
  type RequestParts,
  type ResponseParts,
  type Sendable,
  type Written,
} from "./internals.ts";
import { joinPieces, type Piece, pieceOf } from "./pieces.ts";

/** Bytes that wait before they are sent without waiting for more; and that a reader is given ahead. */
const HIGH_WATER_MARK = 65_536;

export class FrontSocket extends Identity {
  private readonly request: AppRequest;
  private readonly answer: DirectAnswer;
  /** The application, where it is a server. */
  readonly server: Server | undefined;
  private req: RequestParts | undefined;
  private res: ResponseParts | undefined;
  _httpMessage: ResponseParts | null = null;
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
  private isOver = false;
  /** It is, but the application still takes in the body of the request. */
  private isEndDelayed = false;
  /** Neither side has anything to expect. */
  destroyed = false;
  _hadError = false;
  /** What is to be sent. */
  private first: Piece | undefined;
  private more: Piece[] | undefined;
  private queued = 0;
  /** While what was sent waits to be taken. */
  private room: Promise<void> | undefined;
  private unsent = 0;
  private callback: Written | undefined;
  private moreCallbacks: Written[] | undefined;
  private feed: BodyFeed | undefined;
  private timer: IdleTimer | undefined;
  bytesRead = 0;
  bytesWritten = 0;

  constructor(request: AppRequest, answer: DirectAnswer, server: Server | undefined) {
    super();
    this.request = request;
    this.answer = answer;
    this.server = server;
  }

  /** Carries the two from now on. */
  attach(req: RequestParts, res: ResponseParts): void {
    this.req = req;
    this.res = res;
    this._httpMessage = res;
  }

  get environ(): Environ {
    return this.request.environ;
  }

  /** True while the response is neither sent nor broken off. */
  get isOpen(): boolean {
    return !this.isOver && !this.destroyed;
  }

  /** From now on it is heard when the client is gone. Costs a signal: not for what is answered at once. */
  watch(): void {
    if (!this.isOpen) return;
    const { signal } = this.request;
    const onGone = (): void => this.fail(signal.reason);
    if (signal.aborted) onGone();
    else signal.addEventListener("abort", onGone, { once: true });
  }

  // The response

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

  private tickSoon(): void {
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

  private runCallbacks(error?: Error): void {
    const { callback, moreCallbacks } = this;
    this.callback = undefined;
    this.moreCallbacks = undefined;
    callback?.(error);
    if (moreCallbacks !== undefined) for (const another of moreCallbacks) another(error);
  }

  /** The response has been given over whole. */
  finish(): void {
    if (!this.isOpen) return;
    this.isOver = true;
    this.timer?.set(0);
    if (this.res !== undefined && this.res._trailer !== "") {
      this.request.log("trailers are dropped: uwsgi has no place for them");
    }
    // Behind the end nothing can be read.
    if (this.feed?.isWanted === true) this.isEndDelayed = true;
    else this.answer.end();
    if (this.room === undefined) this.tickSoon();
  }

  /** The response has been taken: it leaves the socket as it does in Node, and ends. */
  private settle(res: ResponseParts): void {
    const { req } = this;
    this._httpMessage = null;
    res.socket = null;
    if (req !== undefined) detachSignal(req);
    // As Node discards a body that nobody reads; without listeners nobody can tell.
    if (req !== undefined && !req._consuming && !req._dumped && req._eventsCount > 0) {
      if (this.feed === undefined) endRequest(req);
      else this.feed.end();
      req._dump();
    }
    this.runCallbacks();
    process.nextTick(onSettled, this);
  }

  /** Behind `finish`. */
  close(): void {
    if (this.res !== undefined) closeResponse(this.res);
    if (!this.isEndDelayed) this.closeSelf();
  }

  private closeSelf(): void {
    this.destroyed = true;
    this.feed?.stop();
    this.timer?.set(0);
    if (this.listenerCount("close") > 0) this.emit("close", this._hadError);
  }

  // The end before the end

  /** Raw bytes have no place beside a response. */
  write(): boolean {
    this.destroy(
      contractError("the application writes to the socket itself: only an upgrade gives it one to write to"),
    );
    return false;
  }

  end(): this {
    return this.destroy();
  }

  destroySoon(): void {
    this.destroy();
  }

  /** Breaks the response off, if it is not complete. */
  destroy(error?: Error | null): this {
    if (this.isOpen) this.fail(error ?? contractError("the application destroyed the response before it was complete"));
    return this;
  }

  /** The application, or the client, has failed. */
  fail(error: unknown): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this._hadError = true;
    this.first = undefined;
    this.more = undefined;
    this.queued = 0;
    this.unsent = 0;
    if (!this.isOver || this.isEndDelayed) {
      this.isOver = true;
      this.isEndDelayed = false;
      this.answer.fail(error);
    }
    process.nextTick(onBroken, this, error instanceof Error ? error : new Error(String(error)));
  }

  /** Tells all that it is broken. */
  breakUp(error: Error): void {
    const { req, res } = this;
    if (req !== undefined && !req.destroyed) req.destroy(resetError());
    this.runCallbacks(error);
    if (res !== undefined) closeResponse(res);
    this.closeSelf();
  }

  // The request

  get readable(): boolean {
    return !this.destroyed;
  }

  get readableHighWaterMark(): number {
    return HIGH_WATER_MARK;
  }

  pause(): this {
    this.feed?.pause();
    return this;
  }

  /** Called when somebody reads the request. */
  resume(): this {
    const { req } = this;
    if (req === undefined) return this;
    if (this.request.body.length === 0) endRequest(req);
    else (this.feed ??= this.newFeed(req)).resume();
    return this;
  }

  private newFeed(req: RequestParts): BodyFeed {
    return new BodyFeed(
      this.request,
      req,
      (bytes) => {
        this.bytesRead += bytes;
        this.timer?.refresh();
      },
      (error) => this.onBodyEnd(error),
    );
  }

  private onBodyEnd(error: unknown): void {
    if (error !== undefined) {
      if (this.isOpen || this.isEndDelayed) this.fail(error);
      return;
    }
    if (!this.isEndDelayed) return;
    this.isEndDelayed = false;
    this.answer.end();
    if (this.res?._closed === true) this.closeSelf();
  }

  // Time

  /** Milliseconds without a byte until `timeout` is emitted; who does not listen is cut. 0: none. */
  setTimeout(ms: number, onTimeout?: () => void): this {
    if (onTimeout !== undefined) this.once("timeout", onTimeout);
    (this.timer ??= new IdleTimer(() => this.onIdle())).set(ms);
    return this;
  }

  private onIdle(): void {
    if (!this.isOpen) return;
    const { req, res, server } = this;
    let isHeard = req?.emit("timeout", this) === true;
    isHeard = res?.emit("timeout", this) === true || isHeard;
    isHeard = server?.emit("timeout", this) === true || isHeard;
    isHeard = this.emit("timeout") || isHeard;
    if (!isHeard) this.destroy(contractError("nothing was read or written for the time that the application has set"));
  }
}

function onTick(socket: FrontSocket): void {
  socket.tick();
}

function onSettled(socket: FrontSocket): void {
  socket.close();
}

function onBroken(socket: FrontSocket, error: Error): void {
  socket.breakUp(error);
}

function closeResponse(res: ResponseParts): void {
  if (res._closed) return;
  res.destroyed = true;
  res._closed = true;
  res.emit("close");
}

/** What a request fails with when the client is gone, as in Node. */
function resetError(): Error {
  return Object.assign(new Error("aborted"), { code: "ECONNRESET" });
}
