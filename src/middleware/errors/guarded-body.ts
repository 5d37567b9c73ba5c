/** A body whose failures are seen: until its first chunk they can still be answered for, behind it only told. */
import { isUint8Array } from "node:util/types";
import { contractError } from "../../errors.ts";
import { type BodyChunk, isPromiseLike, type StreamedBody } from "../../handler/index.ts";

type Chunk = IteratorResult<BodyChunk, void>;

type Inner = Iterator<BodyChunk | PromiseLike<BodyChunk>> | AsyncIterator<BodyChunk>;

const DONE: Chunk = Object.freeze({ done: true, value: undefined });

export class GuardedBody implements AsyncIterableIterator<BodyChunk, void> {
  readonly isHeadFinal: boolean;
  private readonly body: StreamedBody;
  private readonly tell: ((error: unknown, phase: "stream" | "close") => void) | undefined;
  private inner: Inner | undefined;
  private first: Chunk | undefined;
  /** Nothing is to be asked of `inner` any more. */
  private isOver = false;
  private closing: Promise<void> | undefined;

  /** `tell` hears what fails behind the first chunk, which is thrown all the same. */
  constructor(body: StreamedBody, tell: ((error: unknown, phase: "stream" | "close") => void) | undefined) {
    this.body = body;
    this.tell = tell;
    this.isHeadFinal = body.isHeadFinal === true;
  }

  /** Waits for the first chunk that is not empty, or for the end. Rejects with what the body throws, or should have. */
  async begin(): Promise<void> {
    for (;;) {
      const next = await this.take();
      if (next.done !== true && lengthOf(next.value) === 0) continue;
      this.first = next;
      return;
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Chunk> {
    const { first, tell } = this;
    if (first === undefined) return tell === undefined ? this.take() : this.telling("stream", () => this.take());
    this.first = undefined;
    return Promise.resolve(first);
  }

  async return(): Promise<Chunk> {
    await this.telling("close", () => this.leave());
    return DONE;
  }

  close(): Promise<void> {
    return (this.closing ??= this.closeAll());
  }

  private async closeAll(): Promise<void> {
    try {
      await this.telling("close", () => this.leave());
    } finally {
      await this.telling("close", () => this.body.close?.());
    }
  }

  private async take(): Promise<Chunk> {
    if (this.isOver) return DONE;
    const inner = (this.inner ??= iteratorOf(this.body));
    let next: IteratorResult<BodyChunk | PromiseLike<BodyChunk>, unknown>;
    try {
      const taken = inner.next();
      next = isPromiseLike(taken) ? await taken : taken;
    } catch (error) {
      // It has ended by that, and is not to be told that it is left.
      this.isOver = true;
      throw error;
    }
    if (next.done === true) {
      this.isOver = true;
      return DONE;
    }
    const { value } = next;
    return { done: false, value: isPromiseLike(value) ? await value : value };
  }

  private async leave(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    await this.inner?.return?.();
  }

  private async telling<Value>(phase: "stream" | "close", act: () => Value | Promise<Value>): Promise<Value> {
    try {
      return await act();
    } catch (error) {
      this.tell?.(error, phase);
      throw error;
    }
  }
}

function iteratorOf(body: StreamedBody): Inner {
  return Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
}

function lengthOf(chunk: unknown): number {
  if (typeof chunk === "string" || isUint8Array(chunk)) return chunk.length;
  throw contractError(`a body chunk is ${chunk === null ? "null" : typeof chunk}, allowed are Uint8Array and string`);
}
