/** Lines out of bytes, however they come; a line has an end. Pure. */
import { LimitError } from "../../errors.ts";

const LINE_FEED = 10;

export class LineReader {
  private readonly maxBytes: number;
  private parts: Uint8Array[] = [];
  private length = 0;

  /** `maxBytes`: of a line, without its end. */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** The lines that are complete now. Throws a LimitError (`UWSGI_BAD_CONTROL`) for one that is too long. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      this.keep(chunk.subarray(from, end));
      lines.push(Buffer.concat(this.parts, this.length).toString());
      this.parts = [];
      this.length = 0;
      from = end + 1;
    }
    if (from < chunk.length) this.keep(chunk.subarray(from));
    return lines;
  }

  /** Bytes of a line that is not complete yet. */
  get pending(): number {
    return this.length;
  }

  private keep(part: Uint8Array): void {
    this.length += part.length;
    if (this.length > this.maxBytes) {
      this.parts = [];
      throw new LimitError(`a line of more than ${this.maxBytes} bytes, which is the most`, {
        code: "UWSGI_BAD_CONTROL",
      });
    }
    this.parts.push(part);
  }
}
