/** The body of an answer that somebody writes and somebody else reads: one chunk at a time, none lost. */
import { type ConnectionError, gone, rejected } from "../errors.ts";
import type { BodyChunk } from "./handler.ts";

type Next = IteratorResult<BodyChunk, void>;

/** Whoever waits for the next chunk. */
interface Reader {
  resolve(next: Next): void;
  reject(error: unknown): void;
}

/** What a writer waits for. */
interface Room {
  readonly promise: Promise<void>;
  open(): void;
  refuse(error: unknown): void;
}

export class AnswerStream implements AsyncIterableIterator<BodyChunk, void> {
  /** The reader wants no more. */
  isLeft = false;
  /** Who writes has begun the answer: what follows may take its time. */
  readonly isHeadFinal = true;
  private chunks: BodyChunk[] = [];
  private ending: { readonly error?: unknown } | undefined;
  private reader: Reader | undefined;
  private room: Room | undefined;

  /**
   * Adds a chunk. Answers undefined when a reader was waiting for it, else a promise that settles when all that was
   * written has been taken; it rejects with a ConnectionError (`UWSGI_PEER_GONE`) when the reader leaves.
   */
  write(chunk: BodyChunk): Promise<void> | undefined {
    if (this.isLeft || this.ending !== undefined) return rejected(left());
    const { reader } = this;
    if (reader !== undefined) {
      this.reader = undefined;
      reader.resolve({ done: false, value: chunk });
      return undefined;
    }
    this.chunks.push(chunk);
    this.room ??= newRoom();
    return this.room.promise;
  }

  /** Nothing more comes. */
  end(): void {
    this.stop({});
  }

  /** Nothing more comes; whoever reads is told so behind what was written. */
  fail(error: unknown): void {
    this.stop({ error });
  }

  /** All that was written, for one who need not read it chunk by chunk. */
  takeAll(): BodyChunk[] {
    const { chunks } = this;
    this.chunks = [];
    this.openRoom();
    return chunks;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Next> {
    const chunk = this.chunks.shift();
    if (chunk !== undefined) {
      if (this.chunks.length === 0) this.openRoom();
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.ending === undefined) {
      return new Promise((resolve, reject) => {
        this.reader = { resolve, reject };
      });
    }
    const { ending } = this;
    // An iterator throws once, then it is at its end.
    this.ending = {};
    return "error" in ending ? Promise.reject<Next>(ending.error) : Promise.resolve(DONE);
  }

  return(): Promise<Next> {
    this.close();
    return Promise.resolve(DONE);
  }

  /** The reader leaves: whoever writes is told. */
  close(): void {
    if (this.isLeft) return;
    this.isLeft = true;
    this.chunks = [];
    this.room?.refuse(left());
    this.room = undefined;
    this.stop({});
  }

  private stop(ending: { readonly error?: unknown }): void {
    if (this.ending !== undefined) return;
    this.ending = ending;
    const { reader } = this;
    this.reader = undefined;
    if (reader === undefined) return;
    this.ending = {};
    if ("error" in ending) reader.reject(ending.error);
    else reader.resolve(DONE);
  }

  private openRoom(): void {
    this.room?.open();
    this.room = undefined;
  }
}

const DONE: Next = { done: true, value: undefined };

function newRoom(): Room {
  let open: () => void = () => {};
  let refuse: (error: unknown) => void = () => {};
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    refuse = reject;
  });
  // Who does not wait for room must not end the process when the reader leaves.
  promise.catch(() => {});
  return { promise, open, refuse };
}

function left(): ConnectionError {
  return gone("nobody reads the answer any more");
}
