/** Text from outside, made fit for one line of a log. */

/** Most characters of one field: nobody shall fill a disk with one header. */
const MOST = 2_048;

/**
 * Replaces control characters, quotes, backslashes and everything above U+007E by `\xHH` (`\uHHHH`
 * above U+00FF), and cuts at 2 048 characters: what a peer sends cannot forge a line, close a quote or
 * speak to a terminal.
 */
export function escapeField(text: string): string {
  const cut = text.length > MOST ? `${text.slice(0, MOST)}...` : text;
  return cut.replace(/[^\x20-\x7e]|["\\]/g, escapeCharacter);
}

/** As `escapeField`, but leaves quotes and tabs: for messages of our own and of applications. */
export function escapeLine(text: string): string {
  const cut = text.length > MOST ? `${text.slice(0, MOST)}...` : text;
  // oxlint-disable-next-line no-control-regex -- control characters are what must not reach a log
  return cut.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  return code > 0xff ? `\\u${code.toString(16).padStart(4, "0")}` : `\\x${code.toString(16).padStart(2, "0")}`;
}
