/** Where lines go, so that nothing that happens there can hurt a server. */
import type { Writable } from "node:stream";

/** What takes lines; a `Writable` fits. */
export interface LineSink {
  /** Takes one line with its line feed. */
  write(line: string): unknown;
}

/** Above this many bytes that wait in a stream, lines are dropped. */
const MOST_WAITING_BYTES = 1_048_576;

/** Below this many they are written again: not line by line around the limit, each with a notice. */
const ENOUGH_ROOM_BYTES = MOST_WAITING_BYTES / 2;

/** Streams whose errors are taken care of: they outlive servers, and an error may come late. */
const guarded = new WeakSet<LineSink>();

/**
 * Writes lines to a sink. A sink that throws, rejects or is a broken stream loses lines, nothing else
 * happens. A stream whose reader does not keep up holds at most 1 MiB of them. What was lost is counted.
 */
export class GuardedSink {
  private readonly sink: LineSink;
  private readonly onDropped: (lines: number) => boolean;
  private dropped = 0;
  private isStalled = false;

  /**
   * `onDropped` is told the number of lines lost once lines flow again, and by `close`; it answers whether
   * it could say so, else it is told once more.
   */
  constructor(sink: LineSink, onDropped: (lines: number) => boolean) {
    this.sink = sink;
    this.onDropped = onDropped;
    const stream = asStream(sink);
    if (stream === undefined || guarded.has(sink)) return;
    guarded.add(sink);
    // Without a listener an EPIPE would be the end of the process.
    stream.on("error", () => {});
  }

  /**
   * True for what writes to a file, a pipe or a terminal, where only bytes count. Others may take each
   * write for one line.
   */
  get isOfBytes(): boolean {
    return typeof (this.sink as { readonly fd?: unknown }).fd === "number";
  }

  /** Writes a line, or `count` lines, behind a report of those that were dropped before; or drops all of them. */
  write(line: string, count = 1): void {
    if (this.hasRoom()) {
      this.report();
      if (this.put(line, count)) return;
    }
    this.dropped += count;
  }

  /** Writes without asking whether there is room; answers false when it cannot be written. */
  put(line: string, count = 1): boolean {
    const stream = asStream(this.sink);
    if (stream?.writable === false) return false;
    try {
      const result = stream === undefined ? this.sink.write(`${line}\n`) : this.putInto(stream, line, count);
      if (result instanceof Promise) {
        result.catch(() => {
          this.dropped += count;
        });
      }
      return true;
    } catch {
      // A log that cannot be written is no reason to end; the next line may get through.
      return false;
    }
  }

  /** Reports what was dropped. */
  close(): void {
    asStream(this.sink)?.off("drain", this.onDrain);
    this.report();
  }

  private hasRoom(): boolean {
    const stream = asStream(this.sink);
    if (stream === undefined) return true;
    if (!stream.writable) return false;
    if (this.isStalled) this.isStalled = stream.writableLength > ENOUGH_ROOM_BYTES;
    else if (stream.writableLength > MOST_WAITING_BYTES) {
      this.isStalled = true;
      stream.off("drain", this.onDrain).once("drain", this.onDrain);
    }
    return !this.isStalled;
  }

  private putInto(stream: Writable, line: string, count: number): boolean {
    // A full disk is told only here.
    return stream.write(`${line}\n`, (error) => {
      if (error !== undefined && error !== null) this.dropped += count;
    });
  }

  private readonly onDrain = (): void => {
    this.isStalled = false;
    this.report();
  };

  private report(): void {
    const { dropped } = this;
    if (dropped === 0) return;
    this.dropped = 0;
    if (!this.onDropped(dropped)) this.dropped += dropped;
  }
}

function asStream(sink: LineSink): Writable | undefined {
  const { writableLength, on } = sink as Partial<Writable>;
  return typeof writableLength === "number" && typeof on === "function" ? (sink as Writable) : undefined;
}
