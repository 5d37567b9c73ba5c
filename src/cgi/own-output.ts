/** Standard output is the answer, and nothing else: what a program prints goes to standard error. */
import type { Writable } from "node:stream";

/** A stream that nobody else writes to. */
export interface OwnOutput {
  /** To listen to. */
  readonly stream: Writable;
  readonly write: Writable["write"];
}

/**
 * Takes `stream` for good: whoever else writes to it, as `console.log` does, writes to `instead`. What goes to the
 * descriptor without the stream (`fs.writeSync(1, ...)`, a child that inherits it) cannot be held back.
 */
export function takeOutput(stream: Writable, instead: Writable): OwnOutput {
  const write = stream.write.bind(stream);
  stream.write = instead.write.bind(instead);
  return { stream, write };
}
