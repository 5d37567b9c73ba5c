/** What a response must be, by the contract of handlers (handler/handler.ts). Pure. */
import { isUint8Array } from "node:util/types";
import { checkStatus, isFieldValue, isLengthValue, isToken } from "../../codec/index.ts";
import { type Environ, hopByHopHeaders } from "../../environ/index.ts";
import type { Wrong } from "./lint-faults.ts";

/** What is wrong with a response, but for what only its chunks will show. */
export function* wrongInResponse(response: unknown): Generator<Wrong> {
  if (typeof response !== "object" || response === null) {
    yield ["response", `the response is ${kindOf(response)}, an object with status, headers and body is needed`];
    return;
  }
  const { status, reason, headers, body } = response as Readonly<Record<string, unknown>>;
  yield* wrongInStatus(status, reason);
  yield* wrongInHeaders(headers);
  if (!isBody(body)) yield ["body", `the body is ${kindOf(body)}, allowed are chunks, what iterates them, and null`];
}

function* wrongInStatus(status: unknown, reason: unknown): Generator<Wrong> {
  if (!Number.isInteger(status) || (status as number) < 200 || (status as number) > 599) {
    yield ["status", `the status is ${typeof status === "number" ? status : kindOf(status)}, allowed are 200 to 599`];
  }
  if (reason === undefined) return;
  if (typeof reason !== "string") {
    yield ["reason", `the reason is ${kindOf(reason)}, text is needed`];
    return;
  }
  try {
    checkStatus(200, reason);
  } catch {
    yield ["reason", "the reason has a character that a status line cannot carry"];
  }
}

function* wrongInHeaders(headers: unknown): Generator<Wrong> {
  if (!Array.isArray(headers)) {
    yield ["headers", `the headers are ${kindOf(headers)}, a list of pairs is needed`];
    return;
  }
  let lengths = 0;
  for (const header of headers as readonly unknown[]) {
    if (!Array.isArray(header) || header.length !== 2) {
      yield ["headers", `a header is ${kindOf(header)}, a pair of name and value is needed`];
      continue;
    }
    const [name, value] = header as readonly unknown[];
    if (typeof name !== "string" || !isToken(name)) {
      yield ["headers", `the header name ${JSON.stringify(String(name)).slice(0, 80)} is no token`];
      continue;
    }
    const lower = name.toLowerCase();
    if (lower === "status" || hopByHopHeaders.has(lower)) yield ["headers", `the header ${name} is the server's`];
    if (typeof value !== "string") yield ["headers", `the value of ${name} is ${kindOf(value)}, text is needed`];
    else if (!isFieldValue(value)) {
      yield ["headers", `the value of ${name} has a character that no header can carry, or blanks at its edges`];
    }
    if (lower !== "content-length") continue;
    if (++lengths === 2) yield ["content-length", "Content-Length comes twice, only one can be true"];
    if (typeof value === "string" && !isLengthValue(value)) {
      yield ["content-length", "Content-Length is no number, allowed are 1 to 15 digits"];
    }
  }
}

function isBody(body: unknown): boolean {
  if (body === null || typeof body === "string") return true;
  if (typeof body !== "object") return false;
  return isUint8Array(body) || Symbol.asyncIterator in body || Symbol.iterator in body;
}

/** The length that sound headers announce. */
export function announcedLength(headers: unknown): number | undefined {
  if (!Array.isArray(headers)) return undefined;
  for (const header of headers as readonly unknown[]) {
    if (!Array.isArray(header)) continue;
    const [name, value] = header as readonly unknown[];
    if (typeof name !== "string" || name.toLowerCase() !== "content-length") continue;
    return typeof value === "string" && isLengthValue(value) ? Number(value) : undefined;
  }
  return undefined;
}

/** Bytes of a chunk as it goes out; undefined for what is none. */
export function sizeOf(chunk: unknown): number | undefined {
  if (typeof chunk === "string") return Buffer.byteLength(chunk);
  return isUint8Array(chunk) ? chunk.length : undefined;
}

/** What is wrong with an environ that a layer passes on: vars are text, a byte for each character. */
export function* wrongInEnviron(environ: Environ): Generator<Wrong> {
  for (const name of Object.keys(environ)) {
    const value = environ[name];
    // Keys of servers and middleware have a prefix, and are theirs.
    if (name.includes(".") || value === undefined) continue;
    if (typeof value !== "string") yield ["environ", `${name} is ${kindOf(value)}, text is needed`];
    // eslint-disable-next-line no-control-regex -- latin-1 begins with them.
    else if (/[^\x00-\xff]/.test(value)) yield ["environ", `${name} has a character above U+00FF: bytes are needed`];
  }
}

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
