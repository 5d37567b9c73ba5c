/** The body of a `Response` as the chunks that a server writes. */
import { isUint8Array } from "node:util/types";
import type { BodyChunk } from "../../handler/index.ts";

type Chunk = IteratorResult<BodyChunk, undefined>;

/**
 * Reads a stream chunk by chunk, as the chunks are asked for. When the client goes away, the stream is cancelled at
 * once, though it may be a long time to its next chunk.
 */
export class StreamBody implements AsyncIterableIterator<BodyChunk> {
  readonly #reader: ReadableStreamDefaultReader<BodyChunk>;
  readonly #signal: AbortSignal;
  /** A `Response` is final: an event stream may have its first event much later. */
  readonly isHeadFinal = true;
  /** What was read, or is awaited, and nobody has asked for. */
  readonly #ahead: Promise<Chunk>[] = [];
  #reject: ((reason: unknown) => void) | undefined;
  #isOver = false;

  /** `signal` fires when the client is gone. Throws a TypeError where somebody else reads the stream. */
  constructor(stream: ReadableStream<BodyChunk>, signal: AbortSignal) {
    this.#reader = stream.getReader();
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Reads ahead what is there at once: the body, if that is all of it, else undefined, and the chunks are still to be
   * iterated. A platform says of no body whether it is a stream; only so can the answer have a Content-Length.
   */
  async peek(): Promise<BodyChunk | undefined> {
    const first = this.#read();
    this.#ahead.push(first);
    if (!(await isThere(first))) return undefined;
    const { done, value } = await first;
    if (done === true) return "";
    const second = this.#read();
    this.#ahead.push(second);
    if (!(await isThere(second))) return undefined;
    const isWhole = (await second).done === true && (typeof value === "string" || isUint8Array(value));
    return isWhole ? value : undefined;
  }

  next(): Promise<Chunk> {
    return this.#ahead.shift() ?? this.#read();
  }

  #read(): Promise<Chunk> {
    if (this.#isOver) return Promise.reject<Chunk>(this.#signal.reason);
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      this.#reader.read().then(
        ({ done, value }) => {
          if (done) this.#leave();
          resolve(done ? { done: true, value: undefined } : { done: false, value });
        },
        (error: unknown) => {
          this.#leave();
          reject(error);
        },
      );
    });
  }

  /** The server wants no more: the answer is broken off, or needs no body. */
  close(): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    this.#leave();
    return this.#reader.cancel();
  }

  #leave(): void {
    this.#isOver = true;
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => {
    const { reason } = this.#signal as { reason: unknown };
    this.#isOver = true;
    // What the stream makes of it is its own affair: the client's end is reported by the server.
    this.#reader.cancel(reason).catch(() => {});
    this.#reject?.(reason);
  };
}

/**
 * Turns of the microtask queue that a stream may take for a chunk that it has: about twice what the platform's take.
 */
const MOST_TURNS = 12;

/** True when the promise settles without anything having to happen first. */
async function isThere(promise: Promise<unknown>): Promise<boolean> {
  const seen = { isSettled: false };
  const note = (): void => {
    seen.isSettled = true;
  };
  promise.then(note, note);
  for (let turn = 0; turn < MOST_TURNS && !seen.isSettled; turn++) await TURN;
  return seen.isSettled;
}

const TURN = Promise.resolve();
