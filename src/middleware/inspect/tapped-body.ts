/** A body as it is, for whoever wants to see what becomes of it. */
import { type BodyChunk, isPromiseLike, type StreamedBody } from "../../handler/index.ts";

/** Told of what happens to a body, before it goes on. */
export interface BodyTap {
  /** Somebody begins to iterate it. */
  onIterate?(): void;
  /** A chunk is asked for. */
  onAsk?(): void;
  /** What came as a chunk. */
  onChunk?(chunk: unknown): void;
  onEnd?(): void;
  onFailure?(error: unknown): void;
  /** Whoever iterates it wants no more. */
  onReturn?(): void;
  onClose?(): void;
  /** Closing has ended, also by an error. */
  onClosed?(): void;
}

/** The same body; it is asked as it was made, at once or by promises. */
export function tapped(body: StreamedBody, tap: BodyTap): StreamedBody {
  return Symbol.asyncIterator in body ? new TappedLater(body, tap) : new TappedNow(body as Now, tap);
}

type Later = AsyncIterable<BodyChunk> & Closable;
type Now = Iterable<BodyChunk> & Closable;

interface Closable {
  readonly isHeadFinal?: boolean;
  close?(): void | Promise<void>;
}

class Tapped<Inner extends Closable> {
  protected readonly inner: Inner;
  protected readonly tap: BodyTap;

  constructor(inner: Inner, tap: BodyTap) {
    this.inner = inner;
    this.tap = tap;
  }

  get isHeadFinal(): boolean {
    return this.inner.isHeadFinal === true;
  }

  close(): void | Promise<void> {
    const { tap, inner } = this;
    tap.onClose?.();
    const closing = inner.close?.();
    if (isPromiseLike(closing)) return closing.finally(() => tap.onClosed?.());
    tap.onClosed?.();
    return closing;
  }
}

class TappedLater extends Tapped<Later> implements AsyncIterable<BodyChunk> {
  [Symbol.asyncIterator](): AsyncIterator<BodyChunk> {
    this.tap.onIterate?.();
    return new TappedAsyncIterator(this.inner[Symbol.asyncIterator](), this.tap);
  }
}

class TappedNow extends Tapped<Now> implements Iterable<BodyChunk> {
  [Symbol.iterator](): Iterator<BodyChunk> {
    this.tap.onIterate?.();
    return new TappedIterator(this.inner[Symbol.iterator](), this.tap);
  }
}

class TappedAsyncIterator implements AsyncIterator<BodyChunk> {
  private readonly inner: AsyncIterator<BodyChunk>;
  private readonly tap: BodyTap;

  constructor(inner: AsyncIterator<BodyChunk>, tap: BodyTap) {
    this.inner = inner;
    this.tap = tap;
  }

  async next(): Promise<IteratorResult<BodyChunk>> {
    this.tap.onAsk?.();
    try {
      return passed(await this.inner.next(), this.tap);
    } catch (error) {
      this.tap.onFailure?.(error);
      throw error;
    }
  }

  async return(): Promise<IteratorResult<BodyChunk>> {
    this.tap.onReturn?.();
    await this.inner.return?.();
    return { done: true, value: undefined };
  }
}

class TappedIterator implements Iterator<BodyChunk> {
  private readonly inner: Iterator<BodyChunk>;
  private readonly tap: BodyTap;

  constructor(inner: Iterator<BodyChunk>, tap: BodyTap) {
    this.inner = inner;
    this.tap = tap;
  }

  next(): IteratorResult<BodyChunk> {
    const { tap } = this;
    tap.onAsk?.();
    try {
      const next = this.inner.next();
      const { value } = next as { readonly value: unknown };
      // A list of promises: what they bring is told when it is there.
      if (next.done === true || !isPromiseLike(value)) return passed(next, tap);
      return { done: false, value: arrived(value, tap) as unknown as BodyChunk };
    } catch (error) {
      tap.onFailure?.(error);
      throw error;
    }
  }

  return(): IteratorResult<BodyChunk> {
    this.tap.onReturn?.();
    this.inner.return?.();
    return { done: true, value: undefined };
  }
}

async function arrived(chunk: PromiseLike<unknown>, tap: BodyTap): Promise<unknown> {
  try {
    const value = await chunk;
    tap.onChunk?.(value);
    return value;
  } catch (error) {
    tap.onFailure?.(error);
    throw error;
  }
}

function passed(next: IteratorResult<BodyChunk>, tap: BodyTap): IteratorResult<BodyChunk> {
  if (next.done === true) tap.onEnd?.();
  else tap.onChunk?.(next.value);
  return next;
}
