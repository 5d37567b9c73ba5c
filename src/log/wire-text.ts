/** Bytes of the wire -> text for JSON, which has no bytes. */
import { cutText } from "./escape.ts";

/**
 * A latin-1 string, one character for each byte of the wire, as the text that it most likely is: UTF-8
 * where the bytes are valid UTF-8, else latin-1. So `caf\xc3\xa9` and `caf\xe9` both become `café`. Cut at
 * 2 048 characters. Undefined for "" and for what is no string, which a JSON log leaves out.
 */
export function wireText(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  return cutText(isAscii(value) ? value : (asUtf8(value) ?? value));
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function asUtf8(text: string): string | undefined {
  // An application may have put text there that is no bytes.
  if (/[^\0-\xff]/.test(text)) return undefined;
  try {
    return utf8.decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  } catch {
    // Not UTF-8: the caller takes it as it is.
    return undefined;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
