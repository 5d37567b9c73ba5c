/** `wsgi.input`: the request body as PEP 3333 reads it, streaming. */
import { typeError } from "../../errors.ts";
import type { AppRequest, RequestBody } from "../../handler/index.ts";
import type { WsgiInput } from "./types.ts";

const LF = 10;

export class RequestInput implements WsgiInput {
  /** Not the body: it is made when it is first asked for, and most requests have none. */
  private readonly request: Pick<AppRequest, "body">;
  /** What is left of the chunk that is being handed out. */
  private rest: Uint8Array | undefined;

  constructor(request: Pick<AppRequest, "body">) {
    this.request = request;
  }

  read(size?: number | null): Promise<Uint8Array> {
    // Nearly always all is read, and nearly always it has come in one piece.
    return size === undefined ? this.readAll() : this.readSome(size);
  }

  async readline(size?: number | null): Promise<Uint8Array> {
    return this.collect(mostOf(size), true);
  }

  async readlines(hint?: number | null): Promise<Uint8Array[]> {
    const enough = mostOf(hint) || Number.POSITIVE_INFINITY;
    const lines: Uint8Array[] = [];
    for (let bytes = 0; bytes < enough;) {
      const line = await this.readline();
      if (line.length === 0) break;
      lines.push(line);
      bytes += line.length;
    }
    return lines;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return new Chunks(() => this.next());
  }

  private async readSome(size: number | null): Promise<Uint8Array> {
    const most = mostOf(size);
    return most === Number.POSITIVE_INFINITY ? this.readAll() : this.collect(most, false);
  }

  private readAll(): Promise<Uint8Array> {
    const { body } = this.request;
    return this.next().then((first) => {
      // A body that has come whole is not asked for its end.
      if (first === undefined || first.length === body.length) return first ?? join([]);
      return joinRest(first, body);
    });
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

/** Not a generator: it would wait a second time for what has been waited for. */
class Chunks implements AsyncIterableIterator<Uint8Array, undefined> {
  private readonly take: () => Promise<Uint8Array | undefined>;
  private isLeft = false;

  constructor(take: () => Promise<Uint8Array | undefined>) {
    this.take = take;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return this.isLeft ? Promise.resolve(DONE) : this.take().then(resultOf);
  }

  /** Who leaves an iteration may go on reading by other means. */
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.isLeft = true;
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const DONE: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

function resultOf(chunk: Uint8Array | undefined): IteratorResult<Uint8Array, undefined> {
  return chunk === undefined ? DONE : { done: false, value: chunk };
}

/** The most that is asked for: Infinity without a size, and below 0. */
function mostOf(size: number | null | undefined): number {
  if (size === undefined || size === null || size === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (!Number.isInteger(size)) {
    const given = typeof size === "number" ? String(size) : typeof size;
    throw typeError("UWSGI_INVALID_ARGUMENT", `a size to read is ${given}, whole numbers are allowed`);
  }
  return size < 0 ? Number.POSITIVE_INFINITY : size;
}

async function joinRest(first: Uint8Array, body: RequestBody): Promise<Uint8Array> {
  const parts = [first];
  for (let part = await body.read(); part !== undefined; part = await body.read()) parts.push(part);
  return join(parts);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  return first !== undefined && parts.length === 1 ? first : Buffer.concat(parts);
}
