/**
 * A response body that is not there as a whole: what an application writes, and what it returns, in order.
 *
 * Two sources, one reader. Chunks that were written come before whatever the application yields next: a
 * body may wait for its own `write` before it yields, so the reader never waits for the one while there is
 * the other. One chunk is on its way at a time; the next is asked of the application when the reader asks.
 */
import { isUint8Array } from "node:util/types";
import { AppError, contractError } from "../../errors.ts";
import { type BodyChunk, isPromiseLike } from "../../handler/index.ts";
import type { WsgiBody } from "./types.ts";

type Chunk = IteratorResult<BodyChunk, void>;

/** A chunk that was written, and whoever waits until it is taken. */
interface Written {
  readonly chunk: BodyChunk;
  taken(): void;
  refused(error: Error): void;
}

interface Reader {
  resolve(chunk: Chunk): void;
  reject(error: unknown): void;
}

/** What the application yielded, or failed with, and nobody has read yet. */
type Arrived = { readonly chunk: Chunk } | { readonly fault: unknown };

type Inner = Iterator<unknown> | AsyncIterator<unknown>;

const DONE: Chunk = { done: true, value: undefined };

export class ResponseStream implements AsyncIterator<BodyChunk, void> {
  /** See `ResponseBody`. */
  isHeadFinal = false;
  private readonly onClose: () => void;
  private readonly written: Written[] = [];
  /** The written chunk that the reader has now. */
  private taken: Written | undefined;
  private first: Chunk | undefined;
  private arrived: Arrived | undefined;
  private reader: Reader | undefined;
  /** What the application will return, while it has not. */
  private returned: Promise<void> | undefined;
  private body: WsgiBody;
  private inner: Inner | undefined;
  /** The application, or its iterator, has been asked for more. */
  private isAsked = false;
  private isBegun = false;
  private isAbandoned = false;

  /** `onClose` is called when the application has ended, before its body is closed. */
  constructor(onClose: () => void) {
    this.onClose = onClose;
  }

  /** Takes what the application returns, now or later. */
  follow(returned: WsgiBody | PromiseLike<WsgiBody>): void {
    if (!isPromiseLike(returned)) {
      this.body = returned;
      return;
    }
    this.isAsked = true;
    this.returned = Promise.resolve(returned).then(
      (body) => {
        this.body = body;
        this.isAsked = false;
        this.goOn();
      },
      (error: unknown) => {
        this.onClose();
        this.end({ fault: error });
      },
    );
  }

  /** Adds a chunk; settles when the reader has asked for what comes after it. */
  write(chunk: BodyChunk): Promise<void> {
    const added = this.isAbandoned ? Promise.reject<void>(broken()) : this.add(chunk);
    // An application that does not wait for its writes must not end the process when the client goes away.
    added.catch(() => {});
    return added;
  }

  /** Gives a chunk back that has been read: it is the next again. */
  unread(chunk: Chunk): void {
    this.first = chunk;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Chunk> {
    const { first } = this;
    if (first !== undefined) {
      this.first = undefined;
      return Promise.resolve(first);
    }
    this.taken?.taken();
    this.taken = undefined;
    const arrived = this.poll();
    if (arrived === undefined) {
      return new Promise((resolve, reject) => {
        this.reader = { resolve, reject };
      });
    }
    return "fault" in arrived ? Promise.reject<Chunk>(arrived.fault) : Promise.resolve(arrived.chunk);
  }

  /** The reader wants no more. */
  async return(): Promise<Chunk> {
    await this.leave();
    return DONE;
  }

  /** Leaves the application's iterator, waits until the application has returned, then closes its body. */
  async close(): Promise<void> {
    try {
      await this.leave();
    } finally {
      await this.returned;
      this.onClose();
      const { body } = this;
      if (typeof body === "object" && body !== null && "close" in body) await body.close?.();
    }
  }

  private add(chunk: BodyChunk): Promise<void> {
    return new Promise((taken, refused) => {
      this.written.push({ chunk, taken, refused });
      this.goOn();
    });
  }

  /** Gives the reader what there is for it. */
  private goOn(): void {
    const { reader } = this;
    if (reader === undefined) return;
    // First: what is asked of the application may write, which comes here again, and one chunk must not take
    // the place of another.
    this.reader = undefined;
    const arrived = this.poll();
    if (arrived === undefined) this.reader = reader;
    else if ("fault" in arrived) reader.reject(arrived.fault);
    else reader.resolve(arrived.chunk);
  }

  /** What is next, asked of the application where nothing is there; undefined when it has to be waited for. */
  private poll(): Arrived | undefined {
    for (;;) {
      const written = this.written.shift();
      if (written !== undefined) {
        this.taken = written;
        return { chunk: { done: false, value: written.chunk } };
      }
      const { arrived } = this;
      this.arrived = undefined;
      if (arrived !== undefined) return arrived;
      if (this.isAsked) return undefined;
      this.ask();
    }
  }

  private ask(): void {
    try {
      if (!this.isBegun) this.begin();
      else if (this.inner === undefined) this.arrived = { chunk: DONE };
      else this.take(this.inner);
    } catch (error) {
      this.end({ fault: error });
    }
  }

  /** What was returned is looked at for the first time. */
  private begin(): void {
    this.isBegun = true;
    const { body } = this;
    if (body === undefined || body === null) return;
    if (isChunk(body)) this.arrived = { chunk: { done: false, value: body } };
    else this.inner = iteratorOf(body);
  }

  private take(inner: Inner): void {
    const next = inner.next();
    if (isPromiseLike(next)) this.await(next);
    else if (next.done === true) this.end({ chunk: DONE });
    else if (isPromiseLike(next.value)) this.await(asResult(next.value));
    else this.check(next.value);
  }

  private await(next: PromiseLike<IteratorResult<unknown>>): void {
    this.isAsked = true;
    next.then(
      ({ done, value }) => {
        this.isAsked = false;
        if (done === true) this.end({ chunk: DONE });
        else this.check(value);
        this.goOn();
      },
      (error: unknown) => this.end({ fault: error }),
    );
  }

  private check(value: unknown): void {
    if (!isChunk(value)) {
      const what = value === null ? "null" : typeof value;
      this.arrived = { fault: contractError(`a body chunk is ${what}, allowed are Uint8Array and string`) };
    } else if (value.length > 0) this.arrived = { chunk: { done: false, value } };
  }

  /** An iterator that has ended, or has thrown, is not to be told that it is left. */
  private end(arrived: Arrived): void {
    this.inner = undefined;
    this.isBegun = true;
    this.isAsked = false;
    this.arrived = arrived;
    this.goOn();
  }

  private async leave(): Promise<void> {
    // First, because the iterator may be waiting for a write that nobody reads any more.
    this.abandon();
    const { inner } = this;
    this.inner = undefined;
    this.isBegun = true;
    await inner?.return?.();
  }

  /** Nobody reads any more: whoever writes is told. */
  abandon(): void {
    this.isAbandoned = true;
    this.taken?.refused(broken());
    this.taken = undefined;
    for (const { refused } of this.written.splice(0)) refused(broken());
  }
}

/** True for what is sent as it is. */
export function isChunk(value: unknown): value is BodyChunk {
  return typeof value === "string" || isUint8Array(value);
}

function iteratorOf(body: Iterable<BodyChunk> | AsyncIterable<BodyChunk>): Inner {
  if (typeof body === "object") {
    if (Symbol.asyncIterator in body) return body[Symbol.asyncIterator]();
    if (Symbol.iterator in body) return body[Symbol.iterator]();
  }
  throw contractError(
    `the application returned ${typeof body}, allowed are a chunk, null and anything that iterates chunks`,
  );
}

function asResult(value: PromiseLike<unknown>): PromiseLike<IteratorResult<unknown>> {
  return value.then((settled) => ({ done: false, value: settled }));
}

/** For whoever writes when nobody reads any more. */
function broken(): AppError {
  return new AppError("the response was broken off, nothing more can be written", { code: "UWSGI_APP_CONTRACT" });
}
