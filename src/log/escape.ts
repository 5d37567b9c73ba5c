/** Text from outside, made fit for one line of a log. */

/** Most characters of one field: nobody shall fill a disk with one header. */
const MOST = 2_048;

/** At most 2 048 characters of `text`, and `...` where some are missing; no character is cut in two. */
export function cutText(text: string): string {
  if (text.length <= MOST) return text;
  const isPair = /[\ud800-\udbff]/.test(text[MOST - 1] ?? "");
  return `${text.slice(0, isPair ? MOST - 1 : MOST)}...`;
}

/**
 * Writes control characters, quotes, backslashes and everything above U+007E as `\xHH`, one for each
 * byte, as nginx does (`log_format`, `escape=default`), and cuts at 2 048 characters: what a peer sends
 * cannot forge a line, close a quote or speak to a terminal. Characters are bytes of the wire (latin-1);
 * one above U+00FF, which only an application can have put there, becomes its UTF-8 bytes.
 */
export function escapeField(text: string): string {
  // Nearly all fields: asked without changing anything, it costs a third.
  if (text.length <= MOST && !UNFIT_FIELD.test(text)) return text;
  return cutText(text).replace(/[^\x20-\x7e]|["\\]/gu, escapeCharacter);
}

/** As `escapeField`, for a field that stands without quotes: a space would end it. */
export function escapeWord(text: string): string {
  const escaped = escapeField(text);
  return escaped.includes(" ") ? escaped.replaceAll(" ", "\\x20") : escaped;
}

/** All but visible ASCII and blank without quotes and backslashes. */
const UNFIT_FIELD = /[^ !#-[\]-~]/;

/** As `escapeField`, but leaves quotes, backslashes, tabs and text in any script: for messages. */
export function escapeLine(text: string): string {
  return escapeText(cutText(text));
}

/** As `escapeLine`, but leaves all of it: for what is not longer than its reader has allowed. */
export function escapeText(text: string): string {
  return text.replace(UNFIT, escapeCharacter);
}

/**
 * An object as JSON on one line. Members that are undefined are left out. What a terminal may obey,
 * or a reader take for the end of a line, is written as `\uHHHH`, which is the same JSON.
 */
export function formatJson(members: Readonly<Record<string, unknown>>): string {
  return escapeJson(JSON.stringify(members));
}

/** The same for JSON that is written already: without what a terminal may obey. */
export function escapeJson(json: string): string {
  return json.replace(UNFIT, (character) => `\\u${hex(character.charCodeAt(0), 4)}`);
}

/** C0, DEL and C1 but the tab, line separators, and what turns the direction of text. */
// oxlint-disable-next-line no-control-regex -- control characters are what must not reach a log
const UNFIT = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

function escapeCharacter(character: string): string {
  const bytes = character <= "\xff" ? [character.charCodeAt(0)] : new TextEncoder().encode(character);
  return Array.from(bytes, (byte) => `\\x${hex(byte, 2)}`).join("");
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}
