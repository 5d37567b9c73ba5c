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
  /** The chunk that is being handed out, and how far it has been. */
  private chunk: Uint8Array = EMPTY;
  private offset = 0;

  constructor(body: RequestBody) {
    this.body = body;
  }

  /** The next `size` bytes, fewer only at the end; without `size`, or below 0, all that is left. */
  read(size = -1): Promise<Uint8Array> {
    return this.collect(size, () => 0);
  }

  /** Bytes up to and with the next line feed; at most `size` when that is given and not below 0. */
  readline(size = -1): Promise<Uint8Array> {
    return this.collect(size, (bytes) => bytes.indexOf(LF) + 1);
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
      const bytes = await this.peek(Number.POSITIVE_INFINITY);
      if (bytes === undefined) return;
      this.offset += bytes.length;
      yield bytes;
    }
  }

  /** Takes up to `size` bytes, or to where `endIn` sees the end: the length up to it, 0 for none. */
  private async collect(size: number, endIn: (bytes: Uint8Array) => number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let wanted = size < 0 ? Number.POSITIVE_INFINITY : size;
    while (wanted > 0) {
      const part = await this.peek(wanted);
      if (part === undefined) break;
      const end = endIn(part);
      const taken = end === 0 ? part : part.subarray(0, end);
      this.offset += taken.length;
      parts.push(taken);
      if (end > 0) break;
      wanted -= taken.length;
    }
    return join(parts);
  }

  /** The next 1 to `most` bytes, which stay; undefined at the end. */
  private async peek(most: number): Promise<Uint8Array | undefined> {
    if (this.offset === this.chunk.length) {
      const next = await this.body.read();
      if (next === undefined) return undefined;
      this.chunk = next;
      this.offset = 0;
    }
    return this.chunk.subarray(this.offset, this.offset + most);
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  return Buffer.concat(parts);
}
