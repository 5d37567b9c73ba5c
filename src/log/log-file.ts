/** A file that lines are added to, and that can be opened anew once somebody has moved it away (logrotate). */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import type { LineSink } from "./guarded-sink.ts";

/**
 * Whoever writes to the same file, such as other workers, cannot write over our lines (O_APPEND); nor can a pipe that
 * nobody reads hold us up (O_NONBLOCK).
 */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

const LINE_FEED = Buffer.from("\n");

/**
 * Writes at once, as the streams of a process do to files: nothing waits in memory, and nothing is lost at the end of
 * the process. Throws what the system says, such as that a disk is full; `GuardedSink` counts such lines.
 */
export class LogFile implements LineSink {
  readonly path: string;
  private descriptor: number;
  /** The last line has been written in part. */
  private isTorn = false;

  /** Opens the file, and makes it where there is none. Throws as `openSync`. */
  constructor(path: string) {
    this.path = path;
    this.descriptor = openSync(path, FLAGS, 0o666);
  }

  /** Changes by `reopen`. */
  get fd(): number {
    return this.descriptor;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    const whole = this.isTorn ? Buffer.concat([LINE_FEED, bytes]) : bytes;
    let written = 0;
    try {
      while (written < whole.length) written += writeSync(this.descriptor, whole, written);
    } finally {
      if (written > 0) this.isTorn = written < whole.length;
    }
  }

  /** Opens the file of that name anew, then closes the old one. Throws as `openSync`: then the old one is kept. */
  reopen(): void {
    const next = openSync(this.path, FLAGS, 0o666);
    closeSync(this.descriptor);
    this.descriptor = next;
    this.isTorn = false;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
