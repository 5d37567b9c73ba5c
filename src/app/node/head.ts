/**
 * The head of a `ServerResponse`, made in place of Node's own: a front end frames the body and owns the connection,
 * so nothing is chunked and no hop-by-hop header leaves.
 */
import { validateHeaderName, validateHeaderValue } from "node:http";
import { isLengthValue, trimValue } from "../../codec/index.ts";
import { contractError } from "../../errors.ts";
import { knownHeader } from "../../handler/index.ts";
import { type GivenHeaders, isStored, type ResponseParts } from "./internals.ts";

/** The head that is being made: only one at a time is. */
let text = "";
let length: number | undefined;
let isWithoutLength = false;

/**
 * Makes the head, and stores it in the response. Answers the Content-Length that it announces: the application's, or
 * that of a body that is given whole.
 *
 * Throws an AppError (`UWSGI_APP_CONTRACT`) for a status below 200, which a front end would take for the answer, and
 * for a Content-Length that is no length; else what Node throws for the same name or value.
 */
export function storeHead(res: ResponseParts, statusLine: string, headers: GivenHeaders): number | undefined {
  const { statusCode } = res;
  if (statusCode < 200) throw contractError(`status ${statusCode}, allowed are 200 to 999`);
  text = statusLine;
  length = undefined;
  // RFC 9110 8.6: none with 204; nginx would wait for the bytes.
  isWithoutLength = statusCode === 204;
  if (headers !== null && headers !== undefined) {
    if (Array.isArray(headers)) addList(headers);
    else if (isStored(res, headers)) addStored(headers as Readonly<Record<string, readonly [string, unknown]>>);
    else addRecord(headers as Readonly<Record<string, unknown>>);
  }
  const { _contentLength: whole } = res;
  if (length === undefined && typeof whole === "number" && res._hasBody && !res._removedContLen) {
    length = whole;
    text += `Content-Length: ${whole}\r\n`;
  }
  res._header = `${text}\r\n`;
  res._headerSent = false;
  return length;
}

/**
 * Puts a Content-Length into a head that was made before the body was known, and is sent with all of it: Node would
 * send one chunk, and here only a length lets the front end see that an answer was cut. Answers the length.
 */
export function announceWhole(res: ResponseParts, bytes: number): number | undefined {
  if (!res._hasBody || res._removedContLen || res._header === null) return undefined;
  res._header = `${res._header.slice(0, -2)}Content-Length: ${bytes}\r\n\r\n`;
  return bytes;
}

/** Names and values by turns, or in pairs. */
function addList(list: readonly unknown[]): void {
  if (Array.isArray(list[0])) {
    for (const pair of list as readonly (readonly [string, unknown])[]) add(pair[0], pair[1]);
    return;
  }
  for (let i = 0; i < list.length; i += 2) add(list[i] as string, list[i + 1]);
}

function addStored(headers: Readonly<Record<string, readonly [string, unknown]>>): void {
  // Without a prototype.
  // oxlint-disable-next-line guard-for-in
  for (const key in headers) {
    const entry = headers[key] as readonly [string, unknown];
    add(entry[0], entry[1]);
  }
}

function addRecord(headers: Readonly<Record<string, unknown>>): void {
  for (const name in headers) if (Object.hasOwn(headers, name)) add(name, headers[name]);
}

function add(name: string, value: unknown): void {
  if (!Array.isArray(value)) addLine(name, value);
  else for (const one of value as readonly unknown[]) addLine(name, one);
}

function addLine(name: string, value: unknown): void {
  try {
    const known = knownHeader(name);
    const { role } = known;
    if (role === "server") return;
    if (value === undefined) validateHeaderValue(name, value as unknown as string);
    const line = trimValue(typeof value === "string" ? value : String(value));
    if (role === "length" && !noteLength(line)) return;
    text += known.lineOf(line);
  } catch (error) {
    // What Node throws for it is what an application may look for.
    validateHeaderName(name);
    validateHeaderValue(name, value as string);
    throw error;
  }
}

/** True for a length that is to be sent. */
function noteLength(value: string): boolean {
  if (isWithoutLength || length !== undefined) return false;
  if (!isLengthValue(value)) throw contractError(`Content-Length is ${JSON.stringify(value)}, digits are needed`);
  length = Number(value);
  return true;
}
