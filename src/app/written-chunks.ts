/** Chunks that an application sends by `write`, on their way to whoever reads the response body. */
import { AppError } from "../errors.ts";
import type { BodyChunk } from "../handler/index.ts";

interface Waiting {
  readonly chunk: BodyChunk;
  taken(): void;
  refused(error: Error): void;
}

export class WrittenChunks {
  /** Settles at the first `add`. */
  readonly begun: Promise<void>;
  private begin: () => void = () => {};
  private readonly waiting: Waiting[] = [];
  private wake: (() => void) | undefined;
  private ended = false;
  private abandoned = false;
  private used = false;

  constructor() {
    this.begun = new Promise((resolve) => {
      this.begin = resolve;
    });
  }

  /** True once anything was written. */
  get isUsed(): boolean {
    return this.used;
  }

  /** Adds a chunk; settles when the reader has asked for what comes after it. */
  add(chunk: BodyChunk): Promise<void> {
    const added = this.abandoned ? Promise.reject<void>(broken()) : this.queue(chunk);
    // An application that does not wait for its writes must not end the process when the client goes away.
    added.catch(() => {});
    return added;
  }

  private queue(chunk: BodyChunk): Promise<void> {
    this.used = true;
    this.begin();
    return new Promise((taken, refused) => {
      this.waiting.push({ chunk, taken, refused });
      this.wake?.();
    });
  }

  /** No more is written before the application returns. */
  end(): void {
    this.ended = true;
    this.wake?.();
  }

  /** Nobody reads any more: whoever writes is told. */
  abandon(): void {
    this.abandoned = true;
    for (const { refused } of this.waiting.splice(0)) refused(broken());
  }

  /** All chunks, as they are written, until `end`. */
  async *read(): AsyncGenerator<BodyChunk, void> {
    for (;;) {
      yield* this.readWaiting();
      // Another chunk may have come while the generators above were winding up.
      if (this.waiting.length > 0) continue;
      if (this.ended) return;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** All chunks that are written until `settled` is, and those that wait then. */
  async *readUntil(settled: Promise<unknown>): AsyncGenerator<BodyChunk, void> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
      this.wake?.();
    };
    settled.then(settle, settle);
    for (;;) {
      yield* this.readWaiting();
      if (this.waiting.length > 0) continue;
      if (isSettled) return;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** The chunks that wait now. */
  private async *readWaiting(): AsyncGenerator<BodyChunk, void> {
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      let isTaken = false;
      try {
        yield next.chunk;
        isTaken = true;
      } finally {
        // Also where the reader ends at the yield: whoever wrote must not wait for ever.
        if (isTaken) next.taken();
        else next.refused(broken());
      }
    }
  }
}

function broken(): AppError {
  return new AppError("the response was broken off, nothing more can be written", { code: "UWSGI_APP_CONTRACT" });
}
