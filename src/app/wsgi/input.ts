/** `wsgi.input`: the request body as PEP 3333 reads it, streaming. */
import type { AppRequest } from "../../handler/index.ts";

const LF = 10;

/**
 * Reads exactly CONTENT_LENGTH bytes, then nothing for ever. Bytes are taken from the connection only
 * as they are asked for. All methods reject with a ConnectionError (`UWSGI_BODY_TRUNCATED`) when the
 * client is gone before the end: a short body is never passed off as a whole one.
 */
export class WsgiInput implements AsyncIterable<Uint8Array> {
  /** Not the body: it is made when it is first asked for, and most requests have none. */
  private readonly request: Pick<AppRequest, "body">;
  /** What is left of the chunk that is being handed out. */
  private rest: Uint8Array | undefined;

  constructor(request: Pick<AppRequest, "body">) {
    this.request = request;
  }

  /** The next `size` bytes, fewer only at the end; without `size`, or below 0, all that is left. */
  read(size = -1): Promise<Uint8Array> {
    return size < 0 ? this.readAll() : this.collect(size, false);
  }

  /** Bytes up to and with the next line feed; at most `size` when that is given and not below 0. */
  readline(size = -1): Promise<Uint8Array> {
    return this.collect(size < 0 ? Number.POSITIVE_INFINITY : size, true);
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
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) yield chunk;
  }

  private async readAll(): Promise<Uint8Array> {
    const { body } = this.request;
    const first = await this.next();
    if (first === undefined) return join([]);
    // A body that has come whole is not asked for its end.
    if (first.length === body.length) return first;
    const parts = [first];
    for (let part = await body.read(); part !== undefined; part = await body.read()) parts.push(part);
    return join(parts);
  }

  /** Takes up to `size` bytes, or a line when that ends before. */
  private async collect(size: number, isLine: boolean): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let wanted = size; wanted > 0;) {
      const chunk = await this.next();
      if (chunk === undefined) break;
      const most = chunk.length <= wanted ? chunk : chunk.subarray(0, wanted);
      const end = isLine ? most.indexOf(LF) + 1 : 0;
      const taken = end === 0 ? most : most.subarray(0, end);
      if (taken.length < chunk.length) this.rest = chunk.subarray(taken.length);
      parts.push(taken);
      if (end > 0) break;
      wanted -= taken.length;
    }
    return join(parts);
  }

  /** What is left of a chunk, else the next; undefined at the end. It is no longer here then. */
  private next(): Promise<Uint8Array | undefined> {
    const { rest } = this;
    if (rest === undefined) return this.request.body.read();
    this.rest = undefined;
    return Promise.resolve(rest);
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  return first !== undefined && parts.length === 1 ? first : Buffer.concat(parts);
}
