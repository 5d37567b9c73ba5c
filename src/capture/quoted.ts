/** Bytes as quoted text: printable ASCII as it is, all else by escapes. Every byte survives, and a terminal is safe. */
import { badCapture } from "./bad-capture.ts";

const escapes: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ['"', '\\"'],
  ["\\", "\\\\"],
]);

const unescapes: ReadonlyMap<string, string> = new Map([...escapes].map(([raw, text]) => [text.slice(1), raw]));

/** A latin-1 string in double quotes. */
export function quote(latin1: string): string {
  const text = latin1.replace(/[^\x20-\x7e]|["\\]/g, (character) => escapes.get(character) ?? hexEscape(character));
  return `"${text}"`;
}

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/**
 * Reads what `quote` writes from the start of `text`; answers the string and what follows it. Throws a ProtocolError
 * (`UWSGI_BAD_CAPTURE`).
 */
export function unquote(text: string, line: number): readonly [latin1: string, rest: string] {
  const match = /^"((?:[^"\\]|\\.)*)"/s.exec(text);
  if (match === null)
    throw badCapture(`line ${line}: quoted text is needed, it is ${JSON.stringify(text.slice(0, 80))}`);
  const latin1 = (match[1] ?? "").replace(/\\(x[0-9A-Fa-f]{2}|.)/gs, (whole, escape: string) => {
    if (escape.length === 3) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    const raw = unescapes.get(escape);
    if (raw === undefined) throw badCapture(`line ${line}: ${JSON.stringify(whole)} is no escape`);
    return raw;
  });
  const wide = /[\u{100}-\u{10ffff}]/u.exec(latin1);
  if (wide !== null) {
    throw badCapture(`line ${line}: ${JSON.stringify(wide[0])} is no byte, write \\xNN for each of its bytes`);
  }
  return [latin1, text.slice(match[0].length)];
}

/** What UTF-8 there is in a latin-1 string, for a reader; undefined where there is none, or what would not print. */
export function readableOf(latin1: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- ASCII is what needs no second reading
  if (/^[\x00-\x7f]*$/.test(latin1)) return undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(latin1, (c) => c.charCodeAt(0)));
    return /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]*$/u.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
