/**
 * Bytes <-> strings of code points U+0000-U+00FF, one to one, so that every byte survives.
 *
 * `TextDecoder("latin1")` will not do: it is windows-1252, and Node 20 and 22 differ in it. Where the
 * runtime has Node's `Buffer`, its native routines are used; elsewhere plain arithmetic.
 */
import { typeError } from "../errors.ts";

interface NativeLatin1 {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  latin1Write(this: Uint8Array, text: string, offset: number, length: number): number;
}

const native = (globalThis as { Buffer?: { prototype: NativeLatin1 } }).Buffer?.prototype;
const nativeSlice = typeof native?.latin1Slice === "function" ? native.latin1Slice : undefined;
const nativeWrite = typeof native?.latin1Write === "function" ? native.latin1Write : undefined;

/** Code units handed to `String.fromCharCode` at once: far below every engine's argument limit. */
const STEP = 4_096;

/** Up to this length a string is read by `String.fromCharCode`, which costs less than a call into native code. */
const SHORT_READ = 24;

/** Reads `bytes[start..end)` as a latin-1 string. */
export function readLatin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_READ) return readShort(bytes, start, end - start);
  if (nativeSlice !== undefined) return nativeSlice.call(bytes, start, end);
  return readLatin1Portably(bytes, start, end);
}

/** As `String.fromCharCode`; the caller has made sure that the bytes are there. */
const f = String.fromCharCode as (...codes: (number | undefined)[]) => string;

function readShort(b: Uint8Array, at: number, length: number): string {
  // oxfmt-ignore
  switch (length) {
    case 0: return "";
    case 1: return f(b[at]);
    case 2: return f(b[at], b[at + 1]);
    case 3: return f(b[at], b[at + 1], b[at + 2]);
    case 4: return f(b[at], b[at + 1], b[at + 2], b[at + 3]);
    case 5: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4]);
    case 6: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5]);
    case 7: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6]);
    case 8: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7]);
    case 9: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8]);
    case 10: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9]);
    case 11: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10]);
    case 12: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11]);
    case 13: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12]);
    case 14: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12], b[at + 13]);
    case 15: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12], b[at + 13], b[at + 14]);
    case 16: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12], b[at + 13], b[at + 14], b[at + 15]);
    case 17: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12], b[at + 13], b[at + 14], b[at + 15], b[at + 16]);
    case 18: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12], b[at + 13], b[at + 14], b[at + 15], b[at + 16], b[at + 17]);
    case 19: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12], b[at + 13], b[at + 14], b[at + 15], b[at + 16], b[at + 17], b[at + 18]);
    case 20: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12], b[at + 13], b[at + 14], b[at + 15], b[at + 16], b[at + 17], b[at + 18], b[at + 19]);
    case 21: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12], b[at + 13], b[at + 14], b[at + 15], b[at + 16], b[at + 17], b[at + 18], b[at + 19], b[at + 20]);
    case 22: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12], b[at + 13], b[at + 14], b[at + 15], b[at + 16], b[at + 17], b[at + 18], b[at + 19], b[at + 20], b[at + 21]);
    case 23: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12], b[at + 13], b[at + 14], b[at + 15], b[at + 16], b[at + 17], b[at + 18], b[at + 19], b[at + 20], b[at + 21], b[at + 22]);
    case 24: return f(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11], b[at + 12], b[at + 13], b[at + 14], b[at + 15], b[at + 16], b[at + 17], b[at + 18], b[at + 19], b[at + 20], b[at + 21], b[at + 22], b[at + 23]);
    default: throw new RangeError(`${length} is not a short length`);
  }
}

/** What {@link readLatin1} does where there is no `Buffer`. */
export function readLatin1Portably(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += STEP) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + STEP, end)));
  }
  return text;
}

/**
 * Writes `text` at `offset` and returns the offset behind it. The caller has made sure of the room.
 * Throws a TypeError (`UWSGI_NOT_LATIN1`) for a character above U+00FF, before a byte is written.
 */
export function writeLatin1(target: Uint8Array, text: string, offset: number): number {
  if (!isLatin1(text)) throw notLatin1(text);
  return writeCheckedLatin1(target, text, offset);
}

/** As `writeLatin1`, for text that is known to be latin-1. */
export function writeCheckedLatin1(target: Uint8Array, text: string, offset: number): number {
  const { length } = text;
  if (nativeWrite !== undefined) nativeWrite.call(target, text, offset, length);
  else for (let i = 0; i < length; i++) target[offset + i] = text.charCodeAt(i);
  return offset + length;
}

// oxlint-disable-next-line no-control-regex -- the whole range of one byte is meant
const NOT_LATIN1 = /[^\x00-\xff]/;

/**
 * True when every character is at most U+00FF. A regular expression, because engines that keep such
 * strings as one byte per character answer it without a look at them.
 */
export function isLatin1(text: string): boolean {
  return !NOT_LATIN1.test(text);
}

/** The error for a string that cannot be latin-1; says which character stands where. */
export function notLatin1(text: string, what = "string"): TypeError {
  const at = Math.max(0, text.search(NOT_LATIN1));
  const unit = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, "0");
  return typeError(
    "UWSGI_NOT_LATIN1",
    `${what} has U+${unit} at index ${at}; allowed are U+0000 to U+00FF: encode the text first and pass its bytes`,
  );
}
