/**
 * The head of an answer as text. An application's own `AppResponse` is checked here; what comes from
 * `startResponse` has been checked before, and is found among what is known.
 */
import { checkStatus, isLengthValue, reasons } from "../codec/index.ts";
import { type AppResponse, knownHeader } from "../handler/index.ts";
import { contractError } from "../errors.ts";

export interface AnswerHead {
  /** Status line and headers, each with its CRLF; the empty line is missing. */
  readonly text: string;
  /** The Content-Length that the application has set. */
  readonly length: number | undefined;
}

/**
 * Reads the head. Hop-by-hop headers and `Status` are left out. Throws an AppError (`UWSGI_APP_CONTRACT`) for a
 * status outside of 200-599 and for a Content-Length that is no length or comes twice, and as `checkStatus` and
 * `checkHeader`.
 */
export function readAnswerHead({ status, reason, headers }: AppResponse): AnswerHead {
  let text = statusLine(status, reason);
  let length: number | undefined;
  for (const header of headers) {
    // By index: a pair that is taken apart as an iterable costs more than all else here.
    const known = knownHeader(header[0]);
    const value = header[1];
    if (known.role === "server") continue;
    if (known.role === "length") {
      if (length !== undefined) throw contractError("two Content-Length headers, at most 1 is allowed");
      length = readLength(value);
      // RFC 9110 8.6: none with 204; nginx would wait for the bytes.
      if (status === 204) continue;
    }
    text += known.lineOf(value);
  }
  return { text, length };
}

/** The whole head; with a Content-Length where one is known and the application has set none. */
export function endHead({ text, length }: AnswerHead, known?: number): string {
  return length === undefined && known !== undefined ? `${text}Content-Length: ${known}\r\n\r\n` : `${text}\r\n`;
}

interface StatusLine {
  readonly reason: string;
  readonly line: string;
}

/** By status. */
const registered: (StatusLine | undefined)[] = [];
for (let status = 0; status < 600; status++) {
  const reason = reasons.get(status);
  registered.push(reason === undefined ? undefined : { reason, line: `HTTP/1.1 ${status} ${reason}\r\n` });
}

function statusLine(status: number, reason: string | undefined): string {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw contractError(`status ${String(status)}, allowed are 200 to 599`);
  }
  const known = registered[status];
  if (known !== undefined && (reason === undefined || reason === known.reason)) return known.line;
  if (reason === undefined) return `HTTP/1.1 ${status} \r\n`;
  if (typeof reason !== "string") throw contractError(`the reason is ${typeof reason}, a string is needed`);
  checkStatus(status, reason);
  return `HTTP/1.1 ${status} ${reason}\r\n`;
}

function readLength(value: string): number {
  if (typeof value !== "string" || !isLengthValue(value)) {
    throw contractError(`Content-Length is ${JSON.stringify(value)}, allowed are 1 to 15 digits`);
  }
  return Number(value);
}
