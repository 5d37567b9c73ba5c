/** What an application gives to startResponse, checked at once so that the application sees the error. */
import { checkHeader, checkStatus, type Header, isLengthValue, trimValue } from "../codec/index.ts";
import { hopByHopHeaders } from "../environ/index.ts";
import { typeError } from "../errors.ts";

export interface ResponseStart {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
}

/**
 * Reads "NNN Reason" and headers; copies the headers, trims their values. Throws a TypeError:
 * `UWSGI_INVALID_STATUS` (200-599, one space, a reason without control characters),
 * `UWSGI_INVALID_HEADER` (see `checkHeader`; also `Status` and hop-by-hop names, and a Content-Length that
 * is not 1 to 15 digits or comes twice), `UWSGI_NOT_LATIN1`.
 */
export function readHead(status: string, headers: Iterable<Header>): ResponseStart {
  const match = typeof status === "string" ? /^([2-5][0-9]{2}) (.*)$/s.exec(status) : null;
  if (match === null) {
    throw typeError(
      "UWSGI_INVALID_STATUS",
      `status is ${show(status)}, a string like "200 OK" is needed, with a number from 200 to 599`,
    );
  }
  const code = Number(match[1]);
  const reason = match[2] ?? "";
  checkStatus(code, reason);
  if (typeof headers !== "object" || headers === null || !(Symbol.iterator in headers)) {
    throw typeError(
      "UWSGI_INVALID_HEADER",
      'headers must be a list of pairs, such as [["Content-Type", "text/plain"]]',
    );
  }
  const read = Array.from(headers, readHeader);
  checkLength(read);
  return { status: code, reason, headers: read };
}

/** Front ends differ in which of two lengths they believe, and in what they make of a bad one. */
function checkLength(headers: readonly Header[]): void {
  let length: string | undefined;
  for (const [name, value] of headers) {
    if (name.length !== 14 || name.toLowerCase() !== "content-length") continue;
    if (length !== undefined) {
      throw typeError("UWSGI_INVALID_HEADER", "two Content-Length headers, at most 1 is allowed");
    }
    if (!isLengthValue(value)) {
      throw typeError(
        "UWSGI_INVALID_HEADER",
        `Content-Length is ${JSON.stringify(value.slice(0, 80))}, allowed are 1 to 15 digits`,
      );
    }
    length = value;
  }
}

function readHeader(header: Header): Header {
  if (!Array.isArray(header) || header.length !== 2) {
    throw typeError("UWSGI_INVALID_HEADER", `a header is a pair of name and value, not ${show(header)}`);
  }
  const [name, value] = header as Header;
  if (typeof name === "string" && (hopByHopHeaders.has(name.toLowerCase()) || name.toLowerCase() === "status")) {
    throw typeError("UWSGI_INVALID_HEADER", `header ${name} is the server's to set, not the application's`);
  }
  const trimmed = typeof value === "string" ? trimValue(value) : value;
  checkHeader(name, trimmed);
  return [name, trimmed];
}

/** Whatever an application passed, for a message: not every value can be made a string. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === null ? "null" : typeof value;
}
