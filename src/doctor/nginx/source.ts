/** One file of a configuration, and where in it something stands. */
import { ConfigError } from "../../errors.ts";

export class Source {
  readonly path: string;
  readonly text: string;
  private readonly lineStarts: number[] = [0];

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) this.lineStarts.push(end + 1);
  }

  /** The line, from 1, of a place in the text. */
  lineOf(offset: number): number {
    let low = 0;
    let high = this.lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  /** Where the line of a place begins. */
  lineStart(offset: number): number {
    return this.lineStarts[this.lineOf(offset) - 1] ?? 0;
  }

  /** A ConfigError (`UWSGI_BAD_CONFIGURATION`) that says where. */
  fault(message: string, offset: number): ConfigError {
    return new ConfigError(`${this.path}:${this.lineOf(offset)}: ${message}`, { code: "UWSGI_BAD_CONFIGURATION" });
  }
}
