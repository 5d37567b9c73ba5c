/**
 * Decoded streams as text, for people; `parse-text.ts` reads it again. A line is one fact:
 *
 *     packet modifier1=0 modifier2=0  # WSGI (Python) request, 33 bytes
 *       REQUEST_METHOD = "POST"
 *       CONTENT_LENGTH = "5"
 *     body  # 5 bytes
 *       "hello"
 *
 * What follows `#` is for the reader only. Strings are quoted as `quoted.ts` says; several of them are one.
 */
import { modifiers } from "../codec/index.ts";
import type { DecodedStream, Fault, Part, Payload } from "./parts.ts";
import { quote, readableOf } from "./quoted.ts";

export interface FormatOptions {
  /** Bytes of a body that are shown; what is cut cannot be encoded again. Default all. */
  readonly maxBodyBytes?: number;
}

/** Most characters of bytes in one line of text. */
const LINE_BYTES = 64;

/** A name that needs no quotes. */
const PLAIN_NAME = /^[A-Za-z0-9_.-]+$/;

/** The lines of all streams, each with its end. */
export function* formatText(
  streams: readonly DecodedStream[],
  { maxBodyBytes = Number.POSITIVE_INFINITY }: FormatOptions = {},
): Generator<string, void> {
  for (const { from, to, parts, notes } of streams) {
    if (from !== undefined || to !== undefined) yield `# stream ${from ?? "?"} -> ${to ?? "?"}\n`;
    for (const note of notes) yield `# note: ${printable(note)}\n`;
    for (const part of parts) yield* formatPart(part, maxBodyBytes);
  }
}

function* formatPart(part: Part, maxBodyBytes: number): Generator<string, void> {
  if (part.kind === "packet") {
    const { modifier1, modifier2, datasize, payload } = part;
    yield `packet modifier1=${modifier1} modifier2=${modifier2}  # ${familyOf(modifier1)}, ${counted(datasize)}\n`;
    yield* formatPayload(payload);
  } else if (part.kind === "response") {
    yield `response  # ${part.status} ${printable(part.reason)}, ${part.form === "cgi" ? "by CGI headers, " : ""}${counted(part.head.length)}\n`;
    yield* quotedLines(part.head, "\n");
  } else if (part.kind === "body") {
    const { bytes, missingBytes } = part;
    yield `body  # ${counted(bytes.length)}${missingBytes > 0 ? `, ${missingBytes} bytes are missing` : ""}\n`;
    yield* quotedLines(bytes, "\n", maxBodyBytes);
  } else {
    if (part.fault !== undefined) yield* formatFault(part.fault);
    yield `raw  # ${counted(part.bytes.length)}\n`;
    yield* quotedLines(part.bytes, undefined, maxBodyBytes);
  }
}

function* formatPayload(payload: Payload): Generator<string, void> {
  if (payload.kind === "vars") for (const pair of payload.vars) yield `  ${formatVar(pair)}\n`;
  else if (payload.kind === "array") for (const item of payload.items) yield `  item ${withReading(item)}\n`;
  else yield* quotedLines(payload.bytes, "\n", undefined, "payload ");
}

function formatVar([name, value]: readonly [string, string]): string {
  return `${PLAIN_NAME.test(name) ? name : quote(name)} = ${withReading(value)}`;
}

function withReading(latin1: string): string {
  const readable = readableOf(latin1);
  return `${quote(latin1)}${readable === undefined ? "" : `  # ${readable}`}`;
}

function* formatFault({ code, message, offset, around, header, vars = [] }: Fault): Generator<string, void> {
  yield `# FAULT at byte ${offset}: ${printable(message)} (${code})\n`;
  if (around !== "") yield `#   around it: ${printable(around)}\n`;
  if (header !== undefined) {
    const { modifier1, datasize, modifier2 } = header;
    yield `#   in: packet modifier1=${modifier1} modifier2=${modifier2}, ${familyOf(modifier1)}, ${counted(datasize)}\n`;
  }
  for (const pair of vars) yield `#   before it: ${formatVar(pair)}\n`;
}

/** Bytes as quoted lines, each ending where the bytes have `end`, or after `LINE_BYTES`. */
function* quotedLines(
  bytes: Uint8Array,
  end: string | undefined,
  most: number = Number.POSITIVE_INFINITY,
  before = "",
): Generator<string, void> {
  const shown = Math.min(bytes.length, most);
  for (let at = 0; at < shown;) {
    const line = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(LINE_BYTES, shown - at)).toString("latin1");
    const found = end === undefined ? -1 : line.indexOf(end);
    const text = found < 0 ? line : line.slice(0, found + 1);
    yield `  ${before}${quote(text)}\n`;
    at += text.length;
  }
  if (shown < bytes.length) yield `  cut ${bytes.length - shown}\n`;
}

/** What the family of a packet is called. */
export function familyOf(modifier1: number): string {
  return modifiers.get(modifier1)?.name ?? "unassigned";
}

function counted(bytes: number): string {
  return bytes === 1 ? "1 byte" : `${bytes} bytes`;
}

/** Without what a terminal would obey. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, ".");
}
