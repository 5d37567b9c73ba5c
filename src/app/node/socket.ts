/**
 * What a Node application takes for the connection: no socket, and nothing of Node's network under it. It hands
 * the bytes of the response on, fetches those of the request, and tells both when it is over.
 *
 * The order of events is that of `node:http`: `finish` and `close` of a response that was sent; `aborted`, `error` and
 * `close` of the request and `close` of the response when the client is gone; `error` of the socket only when the
 * application destroys it with one.
 */
import type { Server } from "node:http";
import { contractError } from "../../errors.ts";
import type { AppRequest, DirectAnswer } from "../../handler/index.ts";
import { BodyFeed, endRequest, isRead } from "./body-feed.ts";
import { tellFinish } from "./channels.ts";
import { IdleTimer } from "./idle-timer.ts";
import { detachSignal, type RequestParts, type ResponseParts } from "./internals.ts";
import { HIGH_WATER_MARK, SendingSocket } from "./sending-socket.ts";

export class FrontSocket extends SendingSocket {
  /** The application, where it is a server. */
  readonly server: Server | undefined;
  private req: RequestParts | undefined;
  _httpMessage: ResponseParts | null = null;
  /** The response is over, but the application still takes in the body of the request. */
  private isEndDelayed = false;
  _hadError = false;
  /** What the application destroyed it with. */
  private destroyedWith: Error | undefined;
  private feed: BodyFeed | undefined;
  bytesRead = 0;

  constructor(request: AppRequest, answer: DirectAnswer, server: Server | undefined) {
    super(request, answer);
    this.server = server;
  }

  /** Carries the two from now on. */
  attach(req: RequestParts, res: ResponseParts): void {
    this.req = req;
    this.res = res;
    this._httpMessage = res;
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

  /** The response has been given over whole. */
  finish(): void {
    if (!this.isOpen) return;
    this.isOver = true;
    this.timer?.set(0);
    if (this.res !== undefined && this.res._trailer !== "") {
      this.request.log("trailers are dropped: uwsgi has no place for them");
    }
    // Behind the end nothing can be read. Who reads may begin in this turn, in front of the end or behind it.
    if (this.feed === undefined ? this.req?.complete === false : this.feed.isWanted) this.isEndDelayed = true;
    else this.answer.end();
    if (this.room === undefined) this.tickSoon();
  }

  /** The response has been taken: it leaves the socket as it does in Node, and ends. */
  protected settle(res: ResponseParts): void {
    const { req } = this;
    this._httpMessage = null;
    res.socket = null;
    if (req !== undefined) {
      detachSignal(req);
      tellFinish(this, req, res);
    }
    const isWanted = req !== undefined && isRead(req);
    // As Node discards a body that nobody reads; without listeners nobody can tell.
    if (req !== undefined && !isWanted && !req._consuming && !req._dumped && req._eventsCount > 0) {
      if (this.feed === undefined) endRequest(req);
      else this.feed.end();
      req._dump();
    }
    if (this.feed === undefined && !isWanted) this.endDelayed();
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

  /**
   * Breaks the response off, if it is not complete; of one that is, the rest of the request is waited for no longer.
   */
  destroy(error?: Error | null): this {
    if (!this.isOpen) {
      this.endDelayed();
      return this;
    }
    this.destroyedWith = error ?? undefined;
    this.fail(error ?? contractError("the application destroyed the response before it was complete"));
    return this;
  }

  /** The application, or the client, has failed. */
  fail(error: unknown): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this._hadError = true;
    this.drop();
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
    // In Node the server listens as well, so that an error which nobody hears is harmless.
    if (this.destroyedWith !== undefined && this.listenerCount("error") > 0) this.emit("error", this.destroyedWith);
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
    this.endDelayed();
  }

  /** The end that has waited for the rest of the request. */
  endDelayed(): void {
    if (!this.isEndDelayed) return;
    this.isEndDelayed = false;
    this.answer.end();
    if (this.res?._closed === true) this.closeSelf();
  }

  // Time

  /** Milliseconds without a byte until `timeout` is emitted; who does not listen is cut. 0: none. */
  setTimeout(ms: number, onTimeout?: () => void): this {
    if (onTimeout !== undefined) this.once("timeout", onTimeout);
    if (this.isOpen) (this.timer ??= new IdleTimer(() => this.onIdle())).set(ms);
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
