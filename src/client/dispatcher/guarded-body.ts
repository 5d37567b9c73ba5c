/** The body of a request on its way: of the length that was said, and ended at once when nobody wants it any more. */
import { typeError } from "../../errors.ts";
import type { RequestBody } from "./request-body.ts";

export interface BodyWatch {
  /** A chunk has been asked for and goes out. */
  onChunk(chunk: Uint8Array): void;
  /** All has been asked for. */
  onEnd(): void;
  /** The body failed, or is of another length: the request cannot be finished. */
  onError(error: unknown): void;
}

export class GuardedBody implements AsyncIterable<Uint8Array> {
  private readonly body: RequestBody;
  private readonly length: number | undefined;
  private readonly watch: BodyWatch;
  /** Rejects the chunk that is waited for. A race with one lasting promise would keep something for each chunk. */
  private giveUp: ((reason: Error) => void) | undefined;
  private stopped: Error | undefined;

  /** `length`: bytes that were announced, undefined when all there are count. */
  constructor(body: RequestBody, length: number | undefined, watch: BodyWatch) {
    this.body = body;
    this.length = length;
    this.watch = watch;
  }

  /** Whoever reads gets no more than this reason, and the source is told. */
  stop(reason: Error): void {
    if (this.stopped !== undefined) return;
    this.stopped = reason;
    this.giveUp?.(reason);
    this.body.cancel(reason);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, void> {
    const source = this.body.chunks[Symbol.asyncIterator]();
    let bytes = 0;
    const next = async (): Promise<IteratorResult<Uint8Array, void>> => {
      try {
        const result = await this.waitFor(source.next());
        if (result.done !== true) bytes += result.value.length;
        this.checkLength(bytes, result.done === true);
        if (result.done === true) this.watch.onEnd();
        else this.watch.onChunk(result.value);
        return result.done === true ? { done: true, value: undefined } : result;
      } catch (error) {
        if (this.stopped === undefined) this.watch.onError(error);
        throw error;
      }
    };
    const end = async (): Promise<IteratorResult<Uint8Array, void>> => {
      await source.return?.();
      return { done: true, value: undefined };
    };
    return { next, return: end };
  }

  private waitFor<Value>(promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.stopped !== undefined) {
        promise.catch(() => {});
        reject(this.stopped);
        return;
      }
      this.giveUp = reject;
      promise.then(resolve, reject);
    });
  }

  private checkLength(bytes: number, isEnd: boolean): void {
    if (this.length === undefined || (isEnd ? bytes === this.length : bytes <= this.length)) return;
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      `a body of ${isEnd ? bytes : `${bytes} bytes or more`}, content-length says ${this.length}`,
    );
  }
}
