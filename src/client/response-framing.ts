/** How long the body of a response is. Pure. */
import type { Header, ResponseHead } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";

export interface FramingOptions {
  /** The request was a HEAD. */
  readonly isHead: boolean;
  /** What is done with `Transfer-Encoding: chunked`. */
  readonly chunked: "refuse" | "decode";
}

/** A body of so many bytes; to the end of the connection (`Infinity`); or chunked, whose chunks say. */
export interface Framing {
  readonly length: number;
  readonly isChunked: boolean;
  /** Those of the head, equal Content-Length once; without what was said of chunks. */
  readonly headers: readonly Header[];
}

/** Most digits of a length; the largest number of so many is exact. */
const LENGTH = /^[0-9]{1,15}$/;

/**
 * The framing of a response (RFC 9112 6.3, without the persistent connections that uwsgi has not). Throws a
 * ProtocolError (`UWSGI_BAD_RESPONSE_HEAD`) for lengths that differ or are none, and for a Transfer-Encoding that is
 * not to be decoded, is not `chunked`, or stands beside a Content-Length: who of two readers is right nobody can tell.
 */
export function frameResponse({ status, headers }: ResponseHead, { isHead, chunked }: FramingOptions): Framing {
  let length: string | undefined;
  let encoding: string | undefined;
  let hasRepeats = false;
  for (const [name, value] of headers) {
    // By their length first: most headers are neither.
    if (name.length === 14 && name.toLowerCase() === "content-length") {
      if (length !== undefined && length !== value) {
        throw bad(`the response has Content-Length ${show(length)} and ${show(value)}, only one can be true`);
      }
      hasRepeats = length !== undefined;
      length = value;
    } else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") {
      encoding = encoding === undefined ? value : `${encoding}, ${value}`;
    }
  }
  if (length !== undefined && !LENGTH.test(length)) {
    throw bad(`Content-Length of the response is ${show(length)}, allowed are 1 to 15 digits`);
  }
  if (encoding !== undefined) checkEncoding(encoding, length, chunked);
  const kept = hasRepeats || encoding !== undefined ? withoutRepeats(headers) : headers;
  // Behind a 101 comes another protocol, to its end.
  if (status === 101) return { length: Number.POSITIVE_INFINITY, isChunked: false, headers: kept };
  if (isHead || status === 204 || status === 304) return { length: 0, isChunked: false, headers: kept };
  if (encoding !== undefined) return { length: Number.POSITIVE_INFINITY, isChunked: true, headers: kept };
  return { length: length === undefined ? Number.POSITIVE_INFINITY : Number(length), isChunked: false, headers: kept };
}

function checkEncoding(encoding: string, length: string | undefined, chunked: "refuse" | "decode"): void {
  if (length !== undefined) {
    throw bad(`the response has Transfer-Encoding ${show(encoding)} and Content-Length ${show(length)}`);
  }
  if (encoding.toLowerCase() !== "chunked") {
    throw bad(`Transfer-Encoding of the response is ${show(encoding)}, only chunked is understood`);
  }
  if (chunked === "decode") return;
  throw bad('the response has Transfer-Encoding: chunked, which uwsgi has not; the option chunked: "decode" takes it');
}

function withoutRepeats(headers: readonly Header[]): readonly Header[] {
  let hasLength = false;
  return headers.filter(([name]) => {
    const lower = name.toLowerCase();
    if (lower === "transfer-encoding" || lower === "trailer") return false;
    if (lower !== "content-length") return true;
    const isFirst = !hasLength;
    hasLength = true;
    return isFirst;
  });
}

function bad(message: string): ProtocolError {
  return new ProtocolError(message, { code: "UWSGI_BAD_RESPONSE_HEAD" });
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
