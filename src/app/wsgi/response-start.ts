/** What an application gives to startResponse, checked at once so that the application sees the error. */
import { checkStatus, type Header, isLengthValue, reasons } from "../../codec/index.ts";
import { knownHeader } from "../../handler/index.ts";
import { typeError } from "../../errors.ts";

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
  const { status: code, reason } = registered.get(status) ?? readStatus(status);
  return { status: code, reason, headers: readHeaders(headers) };
}

interface StatusLine {
  readonly status: number;
  readonly reason: string;
}

/** What nearly all applications say. */
const registered: ReadonlyMap<unknown, StatusLine> = new Map(
  Array.from(reasons)
    .filter(([status]) => status >= 200)
    .map(([status, reason]) => [`${status} ${reason}`, { status, reason }]),
);

function readStatus(line: string): StatusLine {
  const match = typeof line === "string" ? /^([2-5][0-9]{2}) (.*)$/s.exec(line) : null;
  if (match === null) {
    throw typeError(
      "UWSGI_INVALID_STATUS",
      `status is ${show(line)}, a string like "200 OK" is needed, with a number from 200 to 599`,
    );
  }
  const status = Number(match[1]);
  const reason = match[2] ?? "";
  checkStatus(status, reason);
  return { status, reason };
}

function readHeaders(headers: Iterable<Header>): readonly Header[] {
  if (typeof headers !== "object" || headers === null || !(Symbol.iterator in headers)) {
    throw typeError(
      "UWSGI_INVALID_HEADER",
      'headers must be a list of pairs, such as [["Content-Type", "text/plain"]]',
    );
  }
  const read: Header[] = [];
  let length: string | undefined;
  for (const given of headers) {
    if (!Array.isArray(given) || given.length !== 2) {
      throw typeError("UWSGI_INVALID_HEADER", `a header is a pair of name and value, not ${show(given)}`);
    }
    const known = knownHeader(given[0]);
    if (known.role === "server") {
      throw typeError("UWSGI_INVALID_HEADER", `header ${known.text} is the server's to set, not the application's`);
    }
    const header = known.headerOf(given[1]);
    if (known.role === "length") length = readLength(header[1], length);
    read.push(header);
  }
  return read;
}

/** Front ends differ in which of two lengths they believe, and in what they make of a bad one. */
function readLength(value: string, before: string | undefined): string {
  if (before !== undefined) {
    throw typeError("UWSGI_INVALID_HEADER", "two Content-Length headers, at most 1 is allowed");
  }
  if (!isLengthValue(value)) {
    throw typeError(
      "UWSGI_INVALID_HEADER",
      `Content-Length is ${JSON.stringify(value.slice(0, 80))}, allowed are 1 to 15 digits`,
    );
  }
  return value;
}

/** Whatever an application passed, for a message: not every value can be made a string. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === null ? "null" : typeof value;
}
