/**
 * What a Node application takes for the connection: no socket, and nothing of Node's network under it. It hands
 * the answer's bytes on, fetches the body's, and says who the client is: as the front end has said it.
 */
import { EventEmitter } from "node:events";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { type Environ, remoteOf, schemeOf } from "../../environ/index.ts";
import { ConnectionError } from "../../errors.ts";
import type { AppRequest, DirectAnswer } from "../../handler/index.ts";
import type { RequestParts, ResponseParts, Sendable, Written } from "./internals.ts";

/** Bytes that wait before a writer is told to wait, and that a reader is given ahead. */
const HIGH_WATER_MARK = 65_536;

/** Where a response remembers that it has told its writer to wait. */
const needDrain: symbol =
  Object.getOwnPropertySymbols(new ServerResponse(new IncomingMessage(new Socket()))).find(
    ({ description }) => description === "kNeedDrain",
  ) ?? Symbol("kNeedDrain");

type Piece = Uint8Array | string;

export class FrontSocket extends EventEmitter {
  private readonly request: AppRequest;
  private readonly answer: DirectAnswer;
  private req: RequestParts | undefined;
  private res: ResponseParts | undefined;
  _httpMessage: ResponseParts | null = null;
  destroyed = false;
  /** Calls of `cork` that are open; the state of a writable, where Node's classes look for it. */
  corked = 0;
  /** Of the head that is to be sent. */
  length: number | undefined;
  private hasBegun = false;
  private isOver = false;
  private readonly queue: Piece[] = [];
  private queued = 0;
  /** Handed over, and not yet taken. */
  private unsent = 0;
  private room: Promise<void> | undefined;
  private callbacks: Written[] = [];
  private isReading = false;
  private isPaused = false;
  bytesRead = 0;
  bytesWritten = 0;

  constructor(request: AppRequest, answer: DirectAnswer) {
    super();
    this.request = request;
    this.answer = answer;
  }

  attach(req: RequestParts, res: ResponseParts): void {
    this.req = req;
    this.res = res;
    this._httpMessage = res;
    res.socket = this;
  }

  /** The application has not answered at once: from now on it hears when the client is gone. */
  watch(): void {
    if (this.isOver || this.destroyed) return;
    const { signal } = this.request;
    if (signal.aborted) this.break(signal.reason);
    else signal.addEventListener("abort", () => this.break(signal.reason), { once: true });
  }

  // Writing

  get _writableState(): this {
    return this;
  }

  get writable(): boolean {
    return !this.destroyed && !this.isOver;
  }

  get writableCorked(): number {
    return this.corked;
  }

  get writableLength(): number {
    return this.queued + this.unsent;
  }

  get writableHighWaterMark(): number {
    return HIGH_WATER_MARK;
  }

  cork(): void {
    this.corked++;
  }

  uncork(): void {
    if (this.corked === 0) return;
    this.corked--;
    if (this.corked === 0) this.flush();
  }

  /** Takes a part of the body, and the head before it; false when the writer should wait for `drain`. */
  send(data: Sendable, encoding: string | null | undefined, done: Written | null | undefined): boolean {
    const piece = pieceOf(data, encoding);
    if (piece.length > 0) {
      this.queue.push(piece);
      this.queued += piece.length;
    }
    if (typeof done === "function") this.callbacks.push(done);
    if (this.corked === 0) this.flush();
    return this.room === undefined && this.queued < HIGH_WATER_MARK;
  }

  private flush(): void {
    const { res, answer, queue } = this;
    if (this.destroyed || res === undefined || !res._headerSent) return;
    const size = this.queued;
    const first = queue.shift();
    if (!this.hasBegun) {
      this.hasBegun = true;
      const { length } = this;
      this.room = answer.begin(res.statusCode, res._header ?? "", length, first ?? "");
    } else if (first !== undefined) this.room = answer.write(first);
    for (const piece of queue) this.room = answer.write(piece);
    queue.length = 0;
    this.queued = 0;
    this.bytesWritten += size;
    if (this.room !== undefined) this.awaitRoom(this.room, size);
    else {
      if (this.callbacks.length > 0) process.nextTick(runAll, this.takeCallbacks());
      drain(res);
    }
  }

  private awaitRoom(room: Promise<void>, size: number): void {
    this.unsent += size;
    room.then(
      () => {
        if (room !== this.room) return;
        this.room = undefined;
        this.unsent = 0;
        runAll(this.takeCallbacks());
        if (this.res !== undefined) drain(this.res);
      },
      (error: unknown) => this.break(error),
    );
  }

  private takeCallbacks(): Written[] {
    const { callbacks } = this;
    this.callbacks = [];
    return callbacks;
  }

  /** The response has been sent. */
  finish(): void {
    const { res } = this;
    if (res !== undefined && res._trailer !== "") {
      this.request.log("trailers are dropped: uwsgi has no place for them");
    }
    this.isOver = true;
    this.answer.end();
  }

  /** Behind the `finish` of the response. */
  detach(): void {
    const { req, res } = this;
    this._httpMessage = null;
    if (res === undefined || req === undefined) return;
    res.socket = null;
    if (!req._consuming && !req._dumped) {
      req._dumped = true;
      this.endBody();
      req.resume();
    }
    process.nextTick(closeResponse, res, this);
  }

  write(): boolean {
    return false;
  }

  end(): this {
    return this.destroy();
  }

  destroySoon(): void {
    this.destroy();
  }

  /** Breaks the answer off where it is open. */
  destroy(error?: Error): this {
    this.break(
      error ??
        new ConnectionError("the application destroyed the connection before the answer was complete", {
          code: "UWSGI_APP_CONTRACT",
        }),
    );
    return this;
  }

  private break(error: unknown): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.queue.length = 0;
    const { req, res, isOver } = this;
    if (!isOver) {
      this.isOver = true;
      this.answer.fail(error);
    }
    process.nextTick(() => {
      if (req !== undefined && !req.destroyed) req.destroy(isOver && req.complete ? undefined : aborted());
      if (res !== undefined) closeResponse(res, this);
    });
  }

  // Reading

  get readable(): boolean {
    return !this.destroyed;
  }

  get readableHighWaterMark(): number {
    return HIGH_WATER_MARK;
  }

  pause(): this {
    this.isPaused = true;
    return this;
  }

  resume(): this {
    this.isPaused = false;
    if (!this.isReading) void this.pull();
    return this;
  }

  private async pull(): Promise<void> {
    const { req, request } = this;
    if (req === undefined || req.complete) {
      this.endBody();
      return;
    }
    this.isReading = true;
    try {
      while (!this.isPaused && !this.destroyed) {
        const chunk = await request.body.read();
        if (chunk === undefined) {
          this.endBody();
          return;
        }
        this.bytesRead += chunk.length;
        if (!req._dumped && !req.push(chunk)) this.isPaused = true;
      }
    } catch (error) {
      this.break(error);
    } finally {
      this.isReading = false;
    }
  }

  private endBody(): void {
    const { req } = this;
    if (req === undefined || req.readableEnded || this.hasEnded) return;
    this.hasEnded = true;
    req.complete = true;
    req.push(null);
  }
  private hasEnded = false;

  // Identity

  get environ(): Environ {
    return this.request.environ;
  }

  get remoteAddress(): string | undefined {
    return remoteOf(this.environ).address;
  }

  get remotePort(): number | undefined {
    return remoteOf(this.environ).port;
  }

  get remoteFamily(): string | undefined {
    return familyOf(this.remoteAddress);
  }

  get localAddress(): string | undefined {
    const { SERVER_ADDR: address } = this.environ;
    return typeof address === "string" && address !== "" ? address : undefined;
  }

  get localPort(): number | undefined {
    const port = Number(this.environ.SERVER_PORT);
    return Number.isInteger(port) && port > 0 ? port : undefined;
  }

  get localFamily(): string | undefined {
    return familyOf(this.localAddress);
  }

  get encrypted(): boolean {
    return schemeOf(this.environ) === "https";
  }

  get authorized(): boolean {
    return false;
  }

  getPeerCertificate(): object {
    return {};
  }

  address(): object {
    const { localAddress: address, localPort: port, localFamily: family } = this;
    return address === undefined ? {} : { address, port, family };
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

function familyOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  return address.includes(":") ? "IPv6" : "IPv4";
}

/** Bytes, or text that is the same in latin-1. */
function pieceOf(data: Sendable, encoding: string | null | undefined): Piece {
  if (typeof data !== "string") return data;
  const name = encoding ?? "utf8";
  if (name === "utf8" && Buffer.byteLength(data) === data.length) return data;
  return Buffer.from(data, name as BufferEncoding);
}

function runAll(callbacks: readonly Written[]): void {
  for (const callback of callbacks) callback();
}

/** Says that there is room again to who was told that there is none. */
function drain(res: ResponseParts): void {
  const parts = res as unknown as Record<symbol, boolean>;
  if (!parts[needDrain] || res.writableEnded) return;
  parts[needDrain] = false;
  res.emit("drain");
}

function closeResponse(res: ResponseParts, socket: FrontSocket): void {
  if (!res._closed) {
    res.destroyed = true;
    res._closed = true;
    res.emit("close");
  }
  socket.destroyed = true;
  socket.emit("close", false);
}

/** What a request fails with when the client is gone, as in Node. */
function aborted(): Error {
  return Object.assign(new Error("aborted"), { code: "ECONNRESET" });
}
