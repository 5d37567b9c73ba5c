/**
 * Recordings, line by line: JSON, one value a line, appended only. Pure.
 *
 *     {"uisge":"recording","version":1,"at":"2026-01-02T03:04:05.006Z","to":"/run/app.sock","redacted":false}
 *     {"n":1,"at":"...","startMs":12.5,"peer":"127.0.0.1:40000","ms":{"connect":0.2,"firstByte":3.1,"end":3.4},
 *      "end":"complete","about":{...},"request":{"length":330,"base64":"..."},"response":{"length":120,"base64":"..."}}
 *
 * `base64` may hold fewer bytes than `length` says: the rest was over a limit. A last line without its end was being
 * written when somebody pulled the plug. `about` repeats what is in the bytes, for `grep` and `jq`.
 */
import { badCapture } from "./bad-capture.ts";
import { decodeStream } from "./decode-stream.ts";
import { redactPart } from "./redact.ts";
import type { Part } from "./parts.ts";

export const RECORDING_VERSION = 1;

/** First line of each file. */
export interface RecordingHeader {
  /** ISO 8601. */
  readonly at: string;
  /** Where the exchanges went, as `formatAddress` writes it. */
  readonly to: string;
  /** True where the secrets in vars and heads were hidden. */
  readonly redacted: boolean;
}

/**
 * `complete`: the server has ended its answer. `client`: the client went before that; `server`: the server broke off, or
 * closed without an answer; `not-connected`: there was none; `timeout`: nothing moved; `closed`: the recorder was stopped.
 */
export type RecordedEnd = "complete" | "client" | "server" | "not-connected" | "timeout" | "closed";

/** Bytes of one direction. */
export interface RecordedBytes {
  /** How many there were. */
  readonly length: number;
  /** Those that were kept: the first ones. */
  readonly bytes: Uint8Array;
}

export interface RecordedExchange {
  /** From 1, in the order in which they have begun; written in the order in which they have ended. */
  readonly n: number;
  /** ISO 8601. */
  readonly at: string;
  /** Milliseconds from the start of the recorder. */
  readonly startMs: number;
  readonly peer: string;
  /** Milliseconds from its beginning; absent for what has not come. */
  readonly ms: { readonly connect?: number; readonly firstByte?: number; readonly end: number };
  readonly end: RecordedEnd;
  readonly request: RecordedBytes;
  readonly response: RecordedBytes;
}

/** How each file begins. */
export const RECORDING_BEGINS = '{"uisge":"recording"';

/** Whether bytes begin as a recording does: those of other forms never do. */
export function isRecording(bytes: Uint8Array): boolean {
  const begins = bytes.subarray(0, RECORDING_BEGINS.length);
  return String.fromCharCode(...begins) === RECORDING_BEGINS;
}

/** A line with its end. */
export function formatHeader(header: RecordingHeader): string {
  return `${JSON.stringify({ uisge: "recording", version: RECORDING_VERSION, ...header })}\n`;
}

/** A line with its end. `redact`: with the secrets hidden, and what cannot be read left out. */
export function formatExchange(exchange: RecordedExchange, redact: boolean): string {
  const { request, response, ...rest } = exchange;
  const requestParts = decodeStream(request.bytes, { direction: "request" });
  const responseParts = decodeStream(response.bytes, { direction: "response" });
  return `${JSON.stringify({
    ...rest,
    about: aboutOf(requestParts, responseParts),
    request: formatBytes(request, redact ? hidden(request.bytes, requestParts) : request.bytes),
    response: formatBytes(response, redact ? hidden(response.bytes, responseParts) : response.bytes),
  })}\n`;
}

function formatBytes({ length }: RecordedBytes, kept: Uint8Array): { length: number; base64: string } {
  return { length, base64: Buffer.from(kept.buffer, kept.byteOffset, kept.length).toString("base64") };
}

/** What one wants to look for. */
function aboutOf([packet]: readonly Part[], [head]: readonly Part[]): Record<string, string | number> {
  const about: Record<string, string | number> = {};
  if (packet?.kind === "packet") {
    about["modifier1"] = packet.modifier1;
    if (packet.payload.kind === "vars") {
      for (const [key, name] of [
        ["method", "REQUEST_METHOD"],
        ["uri", "REQUEST_URI"],
        ["host", "HTTP_HOST"],
      ] as const) {
        const value = packet.payload.vars.findLast(([known]) => known === name)?.[1];
        if (value !== undefined) about[key] = value;
      }
    }
  }
  if (head?.kind === "response") about["status"] = head.status;
  return about;
}

/** The bytes with their secrets hidden; none, where it is not known what they are. */
function hidden(bytes: Uint8Array, parts: readonly Part[]): Uint8Array {
  const [first] = parts;
  if (first === undefined || first.kind === "raw") return new Uint8Array(0);
  const redacted = redactPart(first);
  const copy = Uint8Array.from(bytes);
  if (redacted.kind === "response") copy.set(redacted.head, 0);
  if (redacted.kind !== "packet" || redacted.payload.kind !== "vars") return copy;
  // Values keep their lengths, so each is hidden where it stands.
  let at = 4;
  for (const [name, value] of redacted.payload.vars) {
    at += 2 + name.length + 2;
    copy.set(Buffer.from(value, "latin1"), at);
    at += value.length;
  }
  return copy;
}

/** Reads the first line. Throws a ProtocolError (`UWSGI_BAD_CAPTURE`). */
export function parseHeader(line: string): RecordingHeader {
  const value = parseLine(line, 1);
  if (value["uisge"] !== "recording") throw badCapture("not a recording: the first line does not say so");
  const { version, at, to, redacted } = value;
  if (version !== RECORDING_VERSION) {
    throw badCapture(`a recording of version ${JSON.stringify(version)}, ${RECORDING_VERSION} is understood`);
  }
  return { at: textOf(at, "at", 1), to: textOf(to, "to", 1), redacted: redacted === true };
}

const ends: ReadonlySet<unknown> = new Set<RecordedEnd>([
  "complete",
  "client",
  "server",
  "not-connected",
  "timeout",
  "closed",
]);

/** Reads another line. Throws a ProtocolError (`UWSGI_BAD_CAPTURE`) that names it. */
export function parseExchange(text: string, line: number): RecordedExchange {
  const { n, at, startMs, peer, ms, end, request, response } = parseLine(text, line);
  if (!ends.has(end))
    throw badCapture(`line ${line}: end is ${JSON.stringify(end)}, one of ${[...ends].join(", ")} is needed`);
  const times = fieldsOf(ms, "ms", line);
  const optional = (name: "connect" | "firstByte"): object =>
    times[name] === undefined ? {} : { [name]: numberOf(times[name], `ms.${name}`, line) };
  return {
    n: numberOf(n, "n", line),
    at: textOf(at, "at", line),
    startMs: numberOf(startMs, "startMs", line),
    peer: textOf(peer, "peer", line),
    ms: { ...optional("connect"), ...optional("firstByte"), end: numberOf(times["end"], "ms.end", line) },
    end: end as RecordedEnd,
    request: bytesOf(request, "request", line),
    response: bytesOf(response, "response", line),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function parseLine(text: string, line: number): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badCapture(`line ${line} is not JSON: ${JSON.stringify(text.slice(0, 80))}`);
  }
  return fieldsOf(value, "it", line);
}

function fieldsOf(value: unknown, name: string, line: number): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw badCapture(`line ${line}: ${name} is no object`);
}

function textOf(value: unknown, name: string, line: number): string {
  if (typeof value === "string") return value;
  throw badCapture(`line ${line}: ${name} is no string`);
}

function numberOf(value: unknown, name: string, line: number): number {
  if (typeof value === "number" && value >= 0) return value;
  throw badCapture(`line ${line}: ${name} is no number of 0 or more`);
}

function bytesOf(value: unknown, name: string, line: number): RecordedBytes {
  const { length, base64 } = fieldsOf(value, name, line);
  const text = textOf(base64, `${name}.base64`, line);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw badCapture(`line ${line}: ${name}.base64 is not base64`);
  const bytes = Buffer.from(text, "base64");
  const total = numberOf(length, `${name}.length`, line);
  if (bytes.length > total) throw badCapture(`line ${line}: ${name} has more bytes than its length`);
  return { length: total, bytes };
}
