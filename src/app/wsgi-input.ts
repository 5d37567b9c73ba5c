/** `wsgi.input`: the request body as PEP 3333 reads it, streaming. */
import type { RequestBody } from "../handler/index.ts";

const LF = 10;
const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * Reads exactly CONTENT_LENGTH bytes, then nothing for ever. Bytes are taken from the connection only
 * as they are asked for. All methods reject with a ConnectionError (`UWSGI_BODY_TRUNCATED`) when the
 * client is gone before the end: a short body is never passed off as a whole one.
 */
export class WsgiInput implements AsyncIterable<Uint8Array> {
  private readonly body: RequestBody;
  /** Bytes taken from the body and not yet handed out. */
  private kept: Uint8Array = EMPTY;

  constructor(body: RequestBody) {
    this.body = body;
  }

  /** The next `size` bytes, fewer only at the end; without `size`, or below 0, all that is left. */
  async read(size = -1): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let wanted = size < 0 ? Number.POSITIVE_INFINITY : size;
    while (wanted > 0) {
      const part = await this.take(wanted);
      if (part === undefined) break;
      parts.push(part);
      wanted -= part.length;
    }
    return join(parts);
  }

  /** Bytes up to and with the next line feed; at most `size` when that is given and not below 0. */
  async readline(size = -1): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let wanted = size < 0 ? Number.POSITIVE_INFINITY : size;
    while (wanted > 0) {
      const part = await this.take(wanted);
      if (part === undefined) break;
      const end = part.indexOf(LF) + 1;
      if (end > 0) {
        parts.push(part.subarray(0, end));
        this.giveBack(part.subarray(end));
        break;
      }
      parts.push(part);
      wanted -= part.length;
    }
    return join(parts);
  }

  /** All lines that are left; stops behind the line that reaches `hint` bytes when that is above 0. */
  async readlines(hint = 0): Promise<Uint8Array[]> {
    const lines: Uint8Array[] = [];
    let bytes = 0;
    for (;;) {
      const line = await this.readline();
      if (line.length === 0) return lines;
      lines.push(line);
      bytes += line.length;
      if (hint > 0 && bytes >= hint) return lines;
    }
  }

  /** The rest in chunks as they arrive: the way to stream. Lines are for `readline`. */
  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (;;) {
      const chunk = await this.take(Number.POSITIVE_INFINITY);
      if (chunk === undefined) return;
      yield chunk;
    }
  }

  /** Between 1 and `most` bytes; undefined at the end. */
  private async take(most: number): Promise<Uint8Array | undefined> {
    const chunk = this.kept.length > 0 ? this.kept : await this.body.read();
    this.kept = EMPTY;
    if (chunk === undefined || chunk.length <= most) return chunk;
    this.giveBack(chunk.subarray(most));
    return chunk.subarray(0, most);
  }

  private giveBack(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.kept = this.kept.length === 0 ? bytes : join([bytes, this.kept]);
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  return Buffer.concat(parts);
}
