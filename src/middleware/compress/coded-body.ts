/**
 * A body that comes chunk by chunk -> the same in fewer bytes, as they are asked for.
 *
 * One chunk of the source is asked for when all that came out has been taken, so that whoever reads slowly holds up the
 * source. What comes is gathered to blocks worth compressing; when the source lets one wait, what has come so far goes
 * out (is flushed), so that nothing is held back. At most `MOST` bytes are compressed at a time, whatever the source
 * gives.
 *
 * All that happens (a chunk, an end, bytes from zlib, a pause, a failure) is noted, and whoever waits in `next` woken,
 * who then looks at what is to be done. So the end (`return`) takes effect at once, even while the source is silent.
 */
import { contractError } from "../../errors.ts";
import { type BodyChunk, isPromiseLike } from "../../handler/index.ts";
import type { CodingStream } from "./coders.ts";

/** Bytes that are gathered before they are compressed, unless the source pauses. */
const LEAST = 16_384;
const MOST = 65_536;

export interface CodedBodyOptions {
  /** See `Coder`. */
  readonly flushKind: number;
  /** True: what has come goes out in the turn after; false: only when nothing follows for `PAUSE_MS`. */
  readonly isLive: boolean;
  /** Bytes that the head has announced. */
  readonly announced: number | undefined;
}

/** Less than anybody notices, and longer than a file or a database takes for the next piece. */
const PAUSE_MS = 10;

type Source = Iterator<BodyChunk | PromiseLike<BodyChunk>> | AsyncIterator<BodyChunk>;
type Step = IteratorResult<BodyChunk | PromiseLike<BodyChunk>>;
type Piece = IteratorResult<Uint8Array, undefined>;

const DONE: Piece = { done: true, value: undefined };

/** Yields the compressed bytes. The stream is destroyed at the end, whatever it is. */
export class CodedBody implements AsyncIterableIterator<Uint8Array, undefined> {
  private readonly source: Source;
  private readonly coder: CodingStream;
  private readonly options: CodedBodyOptions;
  /** Came from the source, and is not compressed yet. */
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  private takenBytes = 0;
  /** Came out, and was not taken yet. */
  private pieces: Uint8Array[] = [];
  /** The source has been asked, and has not answered. */
  private isAsked = false;
  private isSourceOver = false;
  /** The source has been silent for long enough. */
  private isPausing = false;
  /** zlib has something that did not come out. */
  private isUnflushed = false;
  private isCoding = false;
  private isOver = false;
  private failure: { readonly error: unknown } | undefined;
  private wake: (() => void) | undefined;
  private stopWatch: (() => void) | undefined;

  constructor(source: Source, coder: CodingStream, options: CodedBodyOptions) {
    this.source = source;
    this.coder = coder;
    this.options = options;
    coder.on("data", (piece: Uint8Array) => {
      this.pieces.push(piece);
      this.changed();
    });
    coder.on("end", () => {
      this.isOver = true;
      this.changed();
    });
    coder.on("error", (error) => this.fail(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Piece> {
    for (;;) {
      const value = this.pieces.shift();
      if (value !== undefined) return { done: false, value };
      if (this.failure !== undefined) {
        const { error } = this.failure;
        this.failure = undefined;
        throw error;
      }
      if (this.isOver) return DONE;
      if (!this.advance()) await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  async return(): Promise<Piece> {
    const { isAsked, isSourceOver } = this;
    this.isSourceOver = true;
    this.stop();
    if (isSourceOver) return DONE;
    const leaving = this.source.return?.();
    // A generator ends behind what it waits for, and that may be the very `close` that follows.
    if (isAsked && isPromiseLike(leaving)) leaving.then(undefined, () => {});
    else await leaving;
    return DONE;
  }

  /** Does the next thing that can be done; false when something has to happen first. */
  private advance(): boolean {
    if (this.isCoding) return false;
    if (this.heldBytes >= LEAST || (this.heldBytes > 0 && (this.isPausing || this.isSourceOver))) this.code();
    else if (this.isSourceOver) this.finish();
    else if (!this.isAsked) return this.ask();
    else if (this.isPausing && this.isUnflushed) this.flush();
    return false;
  }

  /** Asks the source for a chunk; true when it gave one at once. */
  private ask(): boolean {
    const step = this.stepOf();
    if (step === undefined) return true;
    if (!isPromiseLike(step)) {
      this.onStep(step);
      return true;
    }
    this.isAsked = true;
    step.then(
      (settled) => this.onStep(settled),
      (error: unknown) => this.onSourceError(error),
    );
    this.watch();
    return false;
  }

  /** Undefined when it has failed. */
  private stepOf(): Step | PromiseLike<Step> | undefined {
    try {
      const step = this.source.next();
      if (isPromiseLike(step) || step.done === true || !isPromiseLike(step.value)) return step;
      return step.value.then((value) => ({ done: false, value }));
    } catch (error) {
      this.onSourceError(error);
      return undefined;
    }
  }

  private onStep({ done, value }: Step): void {
    this.endWatch();
    this.isAsked = false;
    if (this.isOver) return;
    if (done === true) this.isSourceOver = true;
    else this.hold(value as BodyChunk);
    const { announced } = this.options;
    const isWrong = this.isSourceOver ? this.takenBytes < (announced ?? 0) : this.takenBytes > (announced ?? Infinity);
    // The server would see that, had we not taken the announcement away.
    if (isWrong) this.fail(contractError(`the body has ${this.takenBytes} bytes, Content-Length says ${announced}`));
    this.changed();
  }

  private hold(chunk: BodyChunk): void {
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) {
      this.fail(contractError(`a chunk of the body is ${typeof chunk}, text or bytes are needed`));
      return;
    }
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    if (bytes.length === 0) return;
    this.held.push(bytes);
    this.heldBytes += bytes.length;
    this.takenBytes += bytes.length;
  }

  private code(): void {
    this.isCoding = true;
    this.coder.write(this.takeBlock(), () => {
      this.isCoding = false;
      this.isUnflushed = !this.options.isLive;
      this.changed();
    });
  }

  private takeBlock(): Uint8Array {
    const parts: Uint8Array[] = [];
    let room = MOST;
    for (let first = this.held[0]; first !== undefined && room > 0; first = this.held[0]) {
      const part = first.length <= room ? first : first.subarray(0, room);
      if (part === first) this.held.shift();
      else this.held[0] = first.subarray(room);
      parts.push(part);
      room -= part.length;
    }
    this.heldBytes -= MOST - room;
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  private flush(): void {
    this.isCoding = true;
    this.coder.flush(this.options.flushKind, () => {
      this.isCoding = false;
      this.isUnflushed = false;
      this.changed();
    });
  }

  private finish(): void {
    this.isCoding = true;
    this.coder.end();
  }

  /** Sees whether the source pauses. */
  private watch(): void {
    if (this.heldBytes === 0 && !this.isUnflushed) return;
    const pause = (): void => {
      this.stopWatch = undefined;
      this.isPausing = true;
      this.changed();
    };
    if (this.options.isLive) {
      const turn = setImmediate(pause);
      this.stopWatch = () => clearImmediate(turn);
    } else {
      const timer = setTimeout(pause, PAUSE_MS);
      this.stopWatch = () => clearTimeout(timer);
    }
  }

  private endWatch(): void {
    this.stopWatch?.();
    this.stopWatch = undefined;
    this.isPausing = false;
  }

  private onSourceError(error: unknown): void {
    this.isSourceOver = true;
    this.fail(error);
  }

  private fail(error: unknown): void {
    if (this.isOver) return;
    this.stop();
    this.failure = { error };
  }

  /** Nothing more is done, and nothing kept. */
  private stop(): void {
    this.endWatch();
    this.isOver = true;
    this.held = [];
    this.pieces = [];
    this.coder.destroy();
    this.changed();
  }

  private changed(): void {
    const { wake } = this;
    this.wake = undefined;
    wake?.();
  }
}
