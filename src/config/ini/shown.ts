/** What a configuration says, as it may stand in a message. Pure. */

/** In quotes, at most 60 characters, nothing that a terminal obeys. */
export function shown(text: string): string {
  return `"${escaped(text, 60)}"`;
}

/** As `shown`, without the quotes around it: for a message of the system. */
export function escaped(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most)}...` : text;
  return JSON.stringify(cut)
    .slice(1, -1)
    .replace(UNFIT, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What JSON leaves: DEL and C1, line separators, and what turns the direction of text. */
// oxlint-disable-next-line no-control-regex -- control characters are what must not reach a terminal
const UNFIT = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;
