/** Lines that are written together: a write of each alone costs more than all else that is done for it. */
import type { GuardedSink } from "./guarded-sink.ts";

/** Lines are not held back above this many characters. */
const MOST_GATHERED = 16_384;

/** Gathers the lines of one turn of the event loop, and writes them at its end. */
export class LineGatherer {
  private readonly sink: GuardedSink;
  private lines = "";
  private count = 0;

  constructor(sink: GuardedSink) {
    this.sink = sink;
  }

  /** Adds a line without its line feed. */
  write(line: string): void {
    if (this.count === 0) setImmediate(this.flush);
    else this.lines += "\n";
    this.lines += line;
    this.count++;
    if (this.lines.length >= MOST_GATHERED) this.flush();
  }

  /** Writes what there is now. */
  readonly flush = (): void => {
    const { lines, count } = this;
    if (count === 0) return;
    this.lines = "";
    this.count = 0;
    this.sink.write(lines, count);
  };
}
