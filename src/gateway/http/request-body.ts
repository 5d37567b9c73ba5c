/** The body of a request as it comes from a client: to its end, within its time, and without harm to the answer. */
import type { Readable } from "node:stream";
import { gone, type ProtocolError, TimeoutError } from "../../errors.ts";
import type { BridgeLimits } from "./bridge-options.ts";

/** The rate counts from then on: the first packets of a connection are slow. */
const UNRATED_MS = 60_000;

/** Of a body that nobody wants: as much is read and thrown away, so that the answer arrives. */
const MOST_DRAINED_BYTES = 64 * 1_048_576;
const MOST_DRAIN_MS = 30_000;

/** Of a client that waits to be asked for its body, which is not wanted: it will not send any. */
const UNASKED_DRAIN_MS = 1_000;

export interface RequestBodyOptions {
  /** Bytes, where they are known. */
  readonly length: number | undefined;
  readonly limits: Pick<BridgeLimits, "bodyTimeoutMs" | "minBodyRate">;
  /** Called before the first byte is asked for: the client may wait for that (`Expect: 100-continue`). */
  readonly onFirstRead: (() => void) | undefined;
  /** Called when all has been read, and what was read is no longer needed. */
  readonly onEnd?: () => void;
}

/**
 * Reads a stream piece by piece, and never destroys it: it is the client's connection, on which the answer goes out. Ends
 * where the length says so, or the stream. Rejects with a TimeoutError (`UWSGI_BODY_TIMEOUT`) or a ConnectionError
 * (`UWSGI_PEER_GONE`).
 */
export class RequestBody implements AsyncIterableIterator<Uint8Array> {
  /** Why it has ended too early: the client's fault, whatever the upstream makes of it. */
  failure: Error | undefined;
  /** True from the first time that somebody has asked for it. */
  isBegun = false;
  private readonly source: Readable;
  private readonly options: RequestBodyOptions;
  private left: number;
  private read = 0;
  private waitedMs = 0;
  private isOver = false;
  private wake: (() => void) | undefined;
  private readonly onMore = (): void => this.wake?.();

  constructor(source: Readable, options: RequestBodyOptions) {
    this.source = source;
    this.options = options;
    this.left = options.length ?? Number.POSITIVE_INFINITY;
  }

  /** True when all has been read. */
  get isComplete(): boolean {
    return this.left === 0 || this.source.readableEnded;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const { source } = this;
    if (!this.isBegun) this.begin();
    while (!this.isOver) {
      if (this.isComplete) break;
      const chunk = source.read() as Uint8Array | null;
      if (chunk !== null) return { done: false, value: this.take(chunk) };
      if (this.isComplete) break;
      if (source.destroyed) throw this.fail(gone("the client has gone within its request body", source.errored));
      await this.more();
    }
    if (!this.isOver) this.options.onEnd?.();
    this.stop();
    return { done: true, value: undefined };
  }

  /** Whoever has asked wants no more. */
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.stop();
    return Promise.resolve({ done: true, value: undefined });
  }

  /**
   * Reads and throws away what is left, within bounds; true when that was all. Closing a connection on which something is
   * unread resets it, and the reset overtakes the answer. Of the connection the stream may not be told: Node does not close
   * a request that was answered already when its parser finds fault with the rest.
   */
  drain(connection: Readable): Promise<boolean> {
    const { source } = this;
    this.stop();
    if (this.isComplete || source.destroyed || connection.destroyed) return Promise.resolve(this.isComplete);
    return new Promise((resolve) => {
      let bytes = 0;
      const finish = (): void => {
        clearTimeout(timer);
        source.off("data", count).off("end", finish).off("close", finish);
        connection.off("close", finish);
        resolve(this.isComplete);
      };
      const count = (chunk: Uint8Array): void => {
        bytes += chunk.length;
        this.left -= Math.min(chunk.length, this.left);
        if (this.left === 0 || bytes > MOST_DRAINED_BYTES) finish();
      };
      const isUnasked = !this.isBegun && this.options.onFirstRead !== undefined;
      const timer = setTimeout(finish, isUnasked ? UNASKED_DRAIN_MS : MOST_DRAIN_MS);
      source.on("data", count).once("end", finish).once("close", finish);
      connection.once("close", finish);
      source.resume();
    });
  }

  private begin(): void {
    this.isBegun = true;
    const { source } = this;
    source.on("readable", this.onMore).on("end", this.onMore).on("close", this.onMore);
    this.options.onFirstRead?.();
  }

  private stop(): void {
    this.isOver = true;
    this.source.off("readable", this.onMore).off("end", this.onMore).off("close", this.onMore);
    this.wake?.();
  }

  private take(chunk: Uint8Array): Uint8Array {
    const part = chunk.length > this.left ? chunk.subarray(0, this.left) : chunk;
    this.left -= part.length;
    this.read += part.length;
    return part;
  }

  /** Waits for a sign of the stream, and looks at the clock. */
  private async more(): Promise<void> {
    const { bodyTimeoutMs, minBodyRate } = this.options.limits;
    const startedAt = performance.now();
    let isLate = false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        isLate = true;
        resolve();
      }, timerMs(bodyTimeoutMs));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
    this.waitedMs += performance.now() - startedAt;
    if (isLate) throw this.fail(tooSlow(`nothing came for ${bodyTimeoutMs} ms`, this.read));
    if (this.waitedMs > UNRATED_MS && this.read < (this.waitedMs / 1_000) * minBodyRate) {
      throw this.fail(tooSlow(`it comes slower than ${minBodyRate} bytes a second`, this.read));
    }
  }

  private fail(error: Error): Error {
    this.failure = error;
    this.stop();
    return error;
  }
}

/** Node's timers go no further. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A time as a timer takes it. */
export function timerMs(ms: number): number {
  return Math.min(ms, MAX_TIMER_MS);
}

function tooSlow(why: string, bytes: number): TimeoutError | ProtocolError {
  return new TimeoutError(`the request body is too slow: ${why}, ${bytes} bytes have come`, {
    code: "UWSGI_BODY_TIMEOUT",
  });
}
