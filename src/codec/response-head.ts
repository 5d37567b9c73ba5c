/**
 * The head of a response: what a uwsgi server sends before the body.
 *
 * Written always as `HTTP/1.1 NNN Reason` with CRLF, the one form that nginx, Apache, lighttpd and
 * uWSGI's routers all accept. Read in that form and in the CGI form (`Status: NNN Reason` among
 * the headers, or no status at all), because applications behind other servers send both.
 */
import { LimitError, ProtocolError, rangeError, typeError } from "../errors.ts";
import { isLatin1, notLatin1, readLatin1, writeLatin1 } from "./latin1.ts";
import { describeBytes } from "./describe-bytes.ts";
import { reasons } from "./reasons.ts";
import { hasBlankEdges, isFieldValue, trimValue } from "./header-value.ts";
import { isToken } from "./token.ts";

/** A header: name and value, latin-1 strings. Order and duplicates are kept. */
export type Header = readonly [name: string, value: string];

export interface ResponseHeadInit {
  /** 100-999; what a server may send is narrower, see the server's own rules. */
  readonly status: number;
  /** Default: the registered phrase of the status, empty where there is none. */
  readonly reason?: string;
  readonly headers?: Iterable<Header>;
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

/** Header names seen valid; bounded, so that invented names cannot fill memory. */
const validNames = new Set<string>();
const MOST_VALID_NAMES = 512;

/**
 * Throws a TypeError (`UWSGI_INVALID_HEADER`, `UWSGI_NOT_LATIN1`) for a header that must not go out:
 * a name that is no token (RFC 9110 5.1), a value with a control character but tab, with blanks at
 * its edges, or above U+00FF. CR and LF in a value are how responses are split.
 */
export function checkHeader(name: string, value: string): void {
  if (!validNames.has(name)) {
    if (typeof name !== "string" || !isToken(name)) {
      throw typeError(
        "UWSGI_INVALID_HEADER",
        `header name ${show(name)} is not a token (letters, digits and !#$%&'*+-.^_\`|~)`,
      );
    }
    if (validNames.size < MOST_VALID_NAMES) validNames.add(name);
  }
  if (typeof value !== "string" || !isFieldValue(value)) throw unfitValue(name, value);
}

/** The error for a value that must not go out. It is not shown: the message is logged, and it may be a session's cookie. */
function unfitValue(name: string, value: unknown): TypeError {
  if (typeof value !== "string") {
    return typeError(
      "UWSGI_INVALID_HEADER",
      `value of header ${name} is ${value === null ? "null" : typeof value}, a string is needed`,
    );
  }
  const at = value.search(CONTROL);
  if (at >= 0) {
    return typeError(
      "UWSGI_INVALID_HEADER",
      `value of header ${name} has a control character, ${show(value.charAt(at))}, at index ${at}`,
    );
  }
  if (hasBlankEdges(value)) {
    return typeError("UWSGI_INVALID_HEADER", `value of header ${name} has blanks at its edges`);
  }
  return notLatin1(value, `value of header ${name}`);
}

/** Throws (RangeError or TypeError, `UWSGI_INVALID_STATUS`) for a status line that cannot be written. */
export function checkStatus(status: number, reason: string): void {
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw rangeError("UWSGI_INVALID_STATUS", `status ${String(status)}, allowed are whole numbers from 100 to 999`);
  }
  if (CONTROL.test(reason) || !isLatin1(reason)) {
    throw typeError("UWSGI_INVALID_STATUS", `reason ${show(reason)} has a character that a status line cannot carry`);
  }
}

/**
 * The head as a latin-1 string, ending in the empty line. Throws as `checkStatus` and `checkHeader`.
 * Says nothing about which headers are wise: that is the server's business.
 */
export function formatResponseHead({
  status,
  reason = reasons.get(status) ?? "",
  headers = [],
}: ResponseHeadInit): string {
  checkStatus(status, reason);
  let head = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (const [name, value] of headers) {
    checkHeader(name, value);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

/** The head as bytes; otherwise as `formatResponseHead`. */
export function encodeResponseHead(head: ResponseHeadInit): Uint8Array {
  const text = formatResponseHead(head);
  const bytes = new Uint8Array(text.length);
  writeLatin1(bytes, text, 0);
  return bytes;
}

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** In the order they came; a CGI `Status` is not among them. */
  readonly headers: readonly Header[];
  /** `http`: began with a status line. `cgi`: headers only. */
  readonly form: "http" | "cgi";
  /** Bytes of the head with its empty line: the body starts here. */
  readonly byteLength: number;
}

export interface ResponseHeadLimits {
  /** Default 65 536, uWSGI's `response-headers-limit`. */
  readonly maxHeadBytes?: number;
}

/**
 * Decodes the head at the start of `bytes`; undefined while its empty line is missing.
 *
 * Status lines of HTTP/1.x and HTTP/2 are accepted (uWSGI echoes the protocol of the request), line
 * ends are CRLF or LF. A CGI head has its status in `Status`, else it is 302 when there is a
 * `Location` and 200 when there is none (as nginx reads it). Refused with a ProtocolError
 * (`UWSGI_BAD_RESPONSE_HEAD`): any other first line, a line without a colon, a name that is no token,
 * folded lines, control characters, two `Status` headers; and a head over the limit with a LimitError
 * (`UWSGI_RESPONSE_HEAD_LIMIT`).
 */
export function decodeResponseHead(bytes: Uint8Array, limits?: ResponseHeadLimits): ResponseHead | undefined {
  const maxHeadBytes = limits?.maxHeadBytes ?? 65_536;
  const byteLength = headLength(bytes, maxHeadBytes);
  if (byteLength > maxHeadBytes || (byteLength === 0 && bytes.length >= maxHeadBytes)) {
    throw new LimitError(`response head of more than ${maxHeadBytes} bytes, at most ${maxHeadBytes} are allowed`, {
      code: "UWSGI_RESPONSE_HEAD_LIMIT",
      offset: maxHeadBytes,
    });
  }
  if (byteLength === 0) {
    // Something that is no head may never end: say so at once.
    if (bytes.length > 0 && !isToken(readLatin1(bytes, 0, 1))) throw notAHead(bytes);
    return undefined;
  }
  const lines = readLatin1(bytes, 0, byteLength).split("\n", -1);
  // The two last are the empty line and what follows it.
  lines.length -= 2;
  const first = withoutCr(lines[0] ?? "");
  const statusLine = /^HTTP\/[12](?:\.[0-9])? ([1-9][0-9]{2})(?: (.*))?$/.exec(first);
  if (statusLine === null && (first.startsWith("HTTP/") || lines.length === 0)) throw notAHead(bytes);
  const headers: Header[] = [];
  let offset = statusLine === null ? 0 : (lines[0] as string).length + 1;
  for (const line of statusLine === null ? lines : lines.slice(1)) {
    headers.push(readHeader(withoutCr(line), offset, bytes));
    offset += line.length + 1;
  }
  if (statusLine === null) return cgiHead(headers, byteLength);
  const reason = statusLine[2] ?? "";
  if (CONTROL.test(reason)) throw badHead(`reason ${show(reason)} has a control character`, 0);
  return { status: Number(statusLine[1]), reason, headers, form: "http", byteLength };
}

function cgiHead(headers: readonly Header[], byteLength: number): ResponseHead {
  const isStatus = ([name]: Header): boolean => name.toLowerCase() === "status";
  const [given, second] = headers.filter(isStatus);
  if (second !== undefined) throw badHead("two Status headers, at most 1 is allowed", 0);
  const rest = headers.filter((header) => !isStatus(header));
  if (given === undefined) {
    const status = rest.some(([name]) => name.toLowerCase() === "location") ? 302 : 200;
    return { status, reason: reasons.get(status) ?? "", headers: rest, form: "cgi", byteLength };
  }
  const match = /^([1-9][0-9]{2})(?: (.*))?$/.exec(given[1]);
  if (match === null) throw badHead(`Status is ${show(given[1])}, allowed is a number from 100 to 999 and a reason`, 0);
  return { status: Number(match[1]), reason: match[2] ?? "", headers: rest, form: "cgi", byteLength };
}

function readHeader(line: string, offset: number, bytes: Uint8Array): Header {
  const colon = line.indexOf(":");
  if (colon < 0) {
    if (offset === 0) throw notAHead(bytes);
    throw badHead(`header line ${show(line)} has no colon`, offset);
  }
  const name = line.slice(0, colon);
  if (!isToken(name)) throw badHead(`header name ${show(name)} is not a token`, offset);
  const value = trimValue(line.slice(colon + 1));
  if (CONTROL.test(value)) throw badHead(`value of header ${name} has a control character: ${show(value)}`, offset);
  return [name, value];
}

/** Bytes up to and with the first empty line, 0 when there is none within the limit. */
function headLength(bytes: Uint8Array, maxHeadBytes: number): number {
  const LF = 10;
  const CR = 13;
  let at = bytes.indexOf(LF);
  while (at >= 0 && at <= maxHeadBytes) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
    at = bytes.indexOf(LF, at + 1);
  }
  return 0;
}

function withoutCr(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

function notAHead(bytes: Uint8Array): ProtocolError {
  return badHead(`not a response head, it begins with ${describeBytes(bytes)}`, 0);
}

function badHead(message: string, offset: number): ProtocolError {
  return new ProtocolError(message, { code: "UWSGI_BAD_RESPONSE_HEAD", offset });
}

/** For a message: text, or the type of what should have been text, since not every value can be made a string. */
function show(text: unknown): string {
  return typeof text === "string" ? JSON.stringify(text.slice(0, 80)) : typeof text;
}
