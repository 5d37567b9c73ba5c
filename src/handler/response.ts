/** What middleware does with responses. */
import type { Header } from "../codec/index.ts";
import type { AppResponse, BodyChunk, ResponseBody } from "./handler.ts";
import { whenThere } from "./promise-like.ts";

/**
 * Goes on with a response: at once where it is there, so that an application that answers at once is still answered
 * at once.
 */
export const onResponse: <Result>(
  answer: AppResponse | Promise<AppResponse>,
  then: (response: AppResponse) => Result | Promise<Result>,
) => Result | Promise<Result> = whenThere;

/** The first value of a header; `name` in lower case. Undefined where there is none. */
export function headerOf({ headers }: AppResponse, name: string): string | undefined {
  for (const header of headers) {
    // The length first: most names differ in it, and need not be made lower.
    const found = header[0];
    if (found.length === name.length && (found === name || found.toLowerCase() === name)) return header[1];
  }
  return undefined;
}

/** The headers without those of a name, in lower case. */
export function withoutHeader(headers: readonly Header[], name: string): Header[] {
  return headers.filter((header) => header[0].toLowerCase() !== name);
}

/** Says that the answer depends on a header of the request (RFC 9110 12.5.5). */
export function varyOn(headers: readonly Header[], name: string): readonly Header[] {
  const given = headers
    .filter((header) => header[0].toLowerCase() === "vary")
    .flatMap((header) => header[1].split(","));
  const names = given.map((one) => one.trim()).filter((one) => one !== "");
  if (names.some((one) => one === "*" || one.toLowerCase() === name.toLowerCase())) return headers;
  return [...withoutHeader(headers, "vary"), ["Vary", [...names, name].join(", ")]];
}

/** Closes the body of a response that is not sent. What its `close` throws, it rejects with. */
export async function discard({ body }: AppResponse): Promise<void> {
  if (isStreamed(body)) await body.close?.();
}

/** A body that has to be iterated. */
export type StreamedBody = Exclude<ResponseBody, BodyChunk | null>;

/** True for a body that has to be iterated. */
export function isStreamed(body: ResponseBody): body is StreamedBody {
  return typeof body === "object" && body !== null && !(body instanceof Uint8Array);
}

/** A list that is iterated as all lists are, and not told of its end: what is in it is all there. */
export function isPlainList(body: unknown): body is readonly unknown[] {
  return Array.isArray(body) && body[Symbol.iterator] === Array.prototype[Symbol.iterator] && !("close" in body);
}

/**
 * A body in the place of another: what `chunks` yields. The end of it ends `chunks` (`return`), then closes the one
 * that it was made of. `isHeadFinal`: see `ResponseBody`.
 */
export function replacedBody(
  body: StreamedBody,
  chunks: AsyncIterable<BodyChunk>,
  isHeadFinal: boolean = body.isHeadFinal === true,
): StreamedBody {
  return new ReplacedBody(body, chunks[Symbol.asyncIterator](), isHeadFinal);
}

class ReplacedBody implements AsyncIterableIterator<BodyChunk> {
  readonly isHeadFinal: boolean;
  private readonly inner: StreamedBody;
  private readonly chunks: AsyncIterator<BodyChunk>;

  constructor(inner: StreamedBody, chunks: AsyncIterator<BodyChunk>, isHeadFinal: boolean) {
    this.inner = inner;
    this.chunks = chunks;
    this.isHeadFinal = isHeadFinal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<BodyChunk>> {
    return this.chunks.next();
  }

  async return(): Promise<IteratorResult<BodyChunk>> {
    await this.chunks.return?.();
    return { done: true, value: undefined };
  }

  async close(): Promise<void> {
    try {
      await this.chunks.return?.();
    } finally {
      await this.inner.close?.();
    }
  }
}
