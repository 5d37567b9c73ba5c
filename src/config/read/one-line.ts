/** Text of a file or of a parser, made fit for one line of a message. Pure. */

/** Most characters of a message. */
const MOST = 300;

/** Most characters of what is quoted in it. */
const MOST_QUOTED = 60;

/** C0, DEL and C1, line separators, and what turns the direction of text. */
// oxlint-disable-next-line no-control-regex -- control characters are what must not reach a terminal
const UNFIT = /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/** One line of at most 300 characters: breaks and runs of blanks are one blank, what a terminal may obey is escaped. */
export function oneLine(text: string): string {
  const line = cut(text, 4 * MOST)
    .replace(/\s+/g, " ")
    .trim();
  return escape(cut(line, MOST));
}

/** A key or a value in quotes, of at most 60 characters. */
export function quoted(text: string): string {
  return escape(JSON.stringify(cut(text, MOST_QUOTED)));
}

function escape(text: string): string {
  return text.replace(UNFIT, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** No character is cut in two. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const isPair = /[\ud800-\udbff]/.test(text[most - 1] ?? "");
  return `${text.slice(0, isPair ? most - 1 : most)}...`;
}
