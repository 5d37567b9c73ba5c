/**
 * Packets to bytes.
 *
 * A payload is put together as one latin-1 string, lengths included, and written by one native call:
 * writing it piece by piece, or byte by byte, takes about twice as long. Nothing is written
 * before the whole string is known to be right: a packet that is too large, or a string that is not
 * latin-1, leaves no byte anywhere. A length is never wrapped or truncated (Apache's mod_proxy_uwsgi
 * once did: CVE-2020-11984).
 */
import { rangeError, typeError } from "../errors.ts";
import { isLatin1, notLatin1, readLatin1, writeCheckedLatin1 } from "./latin1.ts";
import { HEADER_BYTES, MAX_DATASIZE } from "./limits.ts";
import { takeMemory } from "./memory.ts";
import { checkModifiers, writeHeader } from "./packet.ts";

/** Text of code points U+0000-U+00FF, or bytes as they are. */
export type Text = string | Uint8Array;

/** Vars to encode, in the order in which they are to be sent; duplicates are sent as they come. */
export type VarsInit = Iterable<readonly [name: Text, value: Text]> | { readonly [name: string]: Text };

export interface PacketInit {
  /** 0-255, default 0: a request. */
  readonly modifier1?: number;
  /** 0-255, default 0. */
  readonly modifier2?: number;
  /** The payload as a vars block. */
  readonly vars?: VarsInit;
  /** The payload as an array (rpc arguments, cache commands); uWSGI skips empty items. */
  readonly items?: Iterable<Text>;
  /** The payload as it is. */
  readonly payload?: Text;
}

/**
 * Encodes a packet into new bytes, or into `target` at `offset` (default 0), and answers a view of
 * exactly its bytes.
 *
 * Before anything is written, refuses a payload over 65 535 bytes (RangeError,
 * `UWSGI_PACKET_TOO_LARGE`), characters above U+00FF (TypeError, `UWSGI_NOT_LATIN1`), empty names
 * and impossible modifiers (`UWSGI_INVALID_ARGUMENT`), a target too small (RangeError,
 * `UWSGI_BUFFER_TOO_SMALL`).
 */
export function encodePacket(packet: PacketInit, target?: Uint8Array, offset = 0): Uint8Array {
  const { modifier1 = 0, modifier2 = 0, vars, items, payload } = packet;
  checkModifiers(modifier1, modifier2);
  if (Number(vars !== undefined) + Number(items !== undefined) + Number(payload !== undefined) > 1) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "a packet has one payload: give one of vars, items and payload");
  }
  if (payload !== undefined) {
    const text = textOf(payload);
    if (text.length > MAX_DATASIZE) throw tooLarge(text.length);
    if (!isLatin1(text)) throw notLatin1(text);
    return finish(modifier1, modifier2, text, target, offset);
  }
  let block = "";
  if (vars !== undefined) block = varsBlock(vars);
  else if (items !== undefined) {
    if (!isObject(items)) throw notGiven("items as strings or bytes", items);
    for (const item of items) block = append(block, item);
  }
  return finish(modifier1, modifier2, checked(block), target, offset);
}

function varsBlock(vars: VarsInit): string {
  if (!isObject(vars)) throw notGiven("vars as pairs or an object", vars);
  let block = "";
  if (Symbol.iterator in vars) {
    for (const pair of vars as Iterable<readonly [Text, Text]>) {
      if (!isObject(pair)) throw notGiven("a pair of name and value", pair);
      const [name, value] = pair;
      block = append(append(block, checkName(name)), value);
    }
    return block;
  }
  // With for-in an engine knows where each value is; Object.keys makes it look every name up.
  for (const name in vars) {
    if (hasOwn.call(vars, name)) block = append(append(block, checkName(name)), vars[name] as Text);
  }
  return block;
}

const { hasOwnProperty: hasOwn } = Object.prototype;

/** The block with `u16 length | text` behind it. */
export function append(block: string, text: Text): string {
  const added = typeof text === "string" ? text : textOf(text);
  const length = block.length + 2 + added.length;
  if (length > MAX_DATASIZE) throw tooLarge(length);
  return block + (sizes[added.length] ?? sizeOf(added.length)) + added;
}

/** A length as the two characters that are its bytes. */
export function sizeOf(length: number): string {
  return String.fromCharCode(length & 0xff, length >> 8);
}

const sizes: readonly string[] = Array.from({ length: 256 }, (_, length) => sizeOf(length));

/** Text as a string; refuses what is neither a string nor bytes, and what no packet can hold. */
export function textOf(text: Text): string {
  if (typeof text === "string") return text;
  if (!(text instanceof Uint8Array)) throw notText(text);
  if (text.length > MAX_DATASIZE) throw tooLarge(text.length);
  return readLatin1(text, 0, text.length);
}

/** A block of `u16 length | text` whose texts are all latin-1; throws, naming the one that is not. */
export function checked(block: string): string {
  if (isLatin1(block)) return block;
  let at = 0;
  for (;;) {
    const start = at + 2;
    at = start + (block.charCodeAt(start - 2) | (block.charCodeAt(start - 1) << 8));
    const text = block.slice(start, at);
    if (!isLatin1(text)) throw notLatin1(text);
  }
}

/** The packet of a payload that is known to be right, in new bytes or in `target`. */
export function finish(
  modifier1: number,
  modifier2: number,
  payload: string,
  target: Uint8Array | undefined,
  offset: number,
): Uint8Array {
  const end = HEADER_BYTES + payload.length;
  if (target === undefined) {
    const bytes = takeMemory(end);
    writePacket(bytes, 0, modifier1, modifier2, payload);
    return bytes;
  }
  if (!Number.isInteger(offset) || offset < 0 || offset + end > target.length) {
    throw rangeError(
      "UWSGI_BUFFER_TOO_SMALL",
      `packet of ${end} bytes at offset ${offset} does not fit a buffer of ${target.length} bytes`,
    );
  }
  writePacket(target, offset, modifier1, modifier2, payload);
  return target.subarray(offset, offset + end);
}

function writePacket(target: Uint8Array, offset: number, modifier1: number, modifier2: number, payload: string): void {
  writeHeader(target, offset, modifier1, payload.length, modifier2);
  writeCheckedLatin1(target, payload, offset + HEADER_BYTES);
}

/** A var's name as text; refuses an empty one. */
export function checkName(name: Text): string {
  const text = textOf(name);
  if (text.length === 0)
    throw typeError("UWSGI_INVALID_ARGUMENT", "a var has an empty name, at least 1 byte is needed");
  return text;
}

/** The error for a payload that no packet can hold. */
export function tooLarge(length: number): RangeError {
  return rangeError(
    "UWSGI_PACKET_TOO_LARGE",
    `payload of at least ${length} bytes, at most ${MAX_DATASIZE} fit a packet`,
  );
}

function notText(value: unknown): TypeError {
  return notGiven("a string or a Uint8Array", value);
}

function notGiven(expected: string, value: unknown): TypeError {
  const seen = isObject(value) ? value.constructor?.name : value === null ? "null" : typeof value;
  return typeError("UWSGI_INVALID_ARGUMENT", `expected ${expected}, got ${seen}`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
