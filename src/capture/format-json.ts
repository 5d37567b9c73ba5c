/** Decoded streams as JSON, and back. Bytes are strings of U+0000-U+00FF, one character a byte. */
import { encodePacket, encodeResponseHead, type Header, modifiers, readLatin1 } from "../codec/index.ts";
import { badCapture } from "./bad-capture.ts";
import type { FormatOptions } from "./format-text.ts";
import type { DecodedStream, Part } from "./parts.ts";

/** A value of JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** One value for all streams: `{ decoded: 1, streams: [{ from?, to?, notes, parts: [...] }] }`. 1 is the version. */
export function toJson(
  streams: readonly DecodedStream[],
  { maxBodyBytes = Number.POSITIVE_INFINITY }: FormatOptions = {},
): Json {
  return {
    decoded: 1,
    streams: streams.map(({ from, to, parts, notes }) => ({
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      notes,
      parts: parts.map((part) => partToJson(part, maxBodyBytes)),
    })),
  };
}

function partToJson(part: Part, maxBodyBytes: number): Json {
  if (part.kind === "packet") {
    const { kind, offset, modifier1, modifier2, datasize, payload } = part;
    const name = modifiers.get(modifier1)?.name ?? null;
    const head = { kind, offset, modifier1, name, datasize, modifier2 };
    if (payload.kind === "vars") return { ...head, vars: payload.vars };
    return payload.kind === "array" ? { ...head, items: payload.items } : { ...head, payload: text(payload.bytes) };
  }
  if (part.kind === "response") return { ...part, head: text(part.head) };
  const { bytes } = part;
  const shown = { ...part, bytes: text(bytes.subarray(0, maxBodyBytes)) } as Json & object;
  return bytes.length > maxBodyBytes ? { ...shown, cutBytes: bytes.length - maxBodyBytes } : shown;
}

function text(bytes: Uint8Array): string {
  return readLatin1(bytes, 0, bytes.length);
}

/**
 * The bytes that `toJson` has described; also a single part, a list of parts, or a stream. Of a packet `modifier1`,
 * `modifier2` and one of `vars`, `items` and `payload` count, of a response `head`, or `status`, `reason` and
 * `headers`. Throws a ProtocolError (`UWSGI_BAD_CAPTURE`), and as `encodePacket` and `encodeResponseHead`.
 */
export function parseJson(source: string): Uint8Array[] {
  let value: Json;
  try {
    value = JSON.parse(source) as Json;
  } catch (error) {
    throw badCapture(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return partsOf(value).map(encodePart);
}

type Fields = { readonly [key: string]: Json };

function partsOf(value: Json): Fields[] {
  if (Array.isArray(value)) return (value as Json[]).flatMap(partsOf);
  if (!isFields(value)) throw badCapture(`a part is needed, it is ${JSON.stringify(value).slice(0, 80)}`);
  if (value["streams"] !== undefined) return partsOf(value["streams"]);
  if (value["parts"] !== undefined) return partsOf(value["parts"]);
  return [value];
}

function isFields(value: Json): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function encodePart(part: Fields): Uint8Array {
  const kind = part["kind"] ?? "packet";
  if (part["cutBytes"] !== undefined)
    throw badCapture("bytes were cut when this was written, it cannot be encoded again");
  if (kind === "body" || kind === "raw") return Buffer.from(latin1(part["bytes"], "bytes"), "latin1");
  if (kind === "response") {
    if (part["head"] !== undefined) return Buffer.from(latin1(part["head"], "head"), "latin1");
    const { status, reason, headers = [] } = part;
    if (typeof status !== "number") throw badCapture(`status is ${JSON.stringify(status)}, a number is needed`);
    const head = { status, headers: pairs(headers, "headers") as Header[] };
    return encodeResponseHead(reason === undefined ? head : { ...head, reason: latin1(reason, "reason") });
  }
  if (kind !== "packet")
    throw badCapture(`kind is ${JSON.stringify(kind).slice(0, 80)}: packet, response, body or raw`);
  const modifier1 = byte(part["modifier1"], "modifier1");
  const modifier2 = byte(part["modifier2"], "modifier2");
  const { vars, items, payload } = part;
  if (vars !== undefined) return encodePacket({ modifier1, modifier2, vars: pairs(vars, "vars") });
  if (items !== undefined) {
    return encodePacket({ modifier1, modifier2, items: list(items, "items").map((item) => latin1(item, "an item")) });
  }
  return encodePacket({ modifier1, modifier2, payload: payload === undefined ? "" : latin1(payload, "payload") });
}

function byte(value: Json | undefined, name: string): number {
  if (value === undefined) return 0;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 255) return value;
  throw badCapture(`${name} is ${JSON.stringify(value).slice(0, 80)}, allowed are whole numbers from 0 to 255`);
}

/** Pairs, or an object. */
function pairs(value: Json, name: string): [string, string][] {
  const given = isFields(value) ? Object.entries(value) : list(value, name);
  return given.map((pair) => {
    const [key, content] = list(pair, `a pair of ${name}`);
    return [latin1(key, "a name"), latin1(content, "a value")];
  });
}

function list(value: Json, name: string): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw badCapture(`${name} is ${JSON.stringify(value).slice(0, 80)}, a list is needed`);
}

function latin1(value: Json | undefined, name: string): string {
  if (typeof value !== "string")
    throw badCapture(`${name} is ${JSON.stringify(value)?.slice(0, 80)}, a string is needed`);
  const wide = /[\u{100}-\u{10ffff}]/u.exec(value);
  if (wide === null) return value;
  throw badCapture(`${name} has ${JSON.stringify(wide[0])}, which is no byte: U+0000 to U+00FF are`);
}
