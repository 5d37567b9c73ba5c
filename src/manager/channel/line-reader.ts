/** Lines out of bytes, however they come; a line has an end. Pure. */
import type { UwsgiError } from "../../errors.ts";

const LINE_FEED = 0x0a;

export class LineReader {
  private readonly maxBytes: number;
  private readonly refusal: (seen: string) => UwsgiError;
  /** Parts of a line whose end has not come. */
  private parts: Uint8Array[] = [];
  private length = 0;

  /** `maxBytes`: of a line, without its end; `refusal`: the error for one that is longer, of what was seen. */
  constructor(maxBytes: number, refusal: (seen: string) => UwsgiError) {
    this.maxBytes = maxBytes;
    this.refusal = refusal;
  }

  /**
   * The lines that are complete now, each read when it is asked for; of those that are not, nothing is kept. Throws the
   * refusal in the place of one that is too long.
   */
  *push(chunk: Uint8Array): Generator<string, void, undefined> {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      this.keep(chunk.subarray(from, end));
      const line = Buffer.concat(this.parts, this.length).toString();
      this.parts = [];
      this.length = 0;
      from = end + 1;
      yield line;
    }
    if (from < chunk.length) this.keep(chunk.subarray(from));
  }

  /** Bytes of a line that is not complete yet. */
  get pending(): number {
    return this.length;
  }

  private keep(part: Uint8Array): void {
    this.length += part.length;
    if (this.length > this.maxBytes) {
      this.parts = [];
      throw this.refusal(`a line of more than ${this.maxBytes} bytes, which is the most`);
    }
    this.parts.push(part);
  }
}
