/** The body of a `Response` as the chunks that a server writes. */
import type { BodyChunk } from "../../handler/index.ts";

/**
 * Reads a stream chunk by chunk, as the chunks are asked for. When the client goes away, the stream is cancelled at once, though it
 * may be a long time to its next chunk.
 */
export class StreamBody implements AsyncIterableIterator<BodyChunk> {
  readonly #reader: ReadableStreamDefaultReader<BodyChunk>;
  readonly #signal: AbortSignal;
  /** A `Response` is final: an event stream may have its first event much later. */
  readonly isHeadFinal = true;
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

  next(): Promise<IteratorResult<BodyChunk, undefined>> {
    if (this.#isOver) return Promise.reject<IteratorResult<BodyChunk, undefined>>(this.#signal.reason);
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
