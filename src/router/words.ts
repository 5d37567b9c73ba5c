/** Rules as text in words: blanks part them, and double quotes keep blanks, commas and what else would part them. */
import { badRule } from "./bad-rule.ts";

/** One word. */
export interface Word {
  /** Column of its first character, from 1. */
  readonly column: number;
  /** Without quotes. */
  readonly text: string;
  /** For each character of `text` whether it stood in quotes: those part nothing. */
  readonly quotes: readonly boolean[];
}

/** Throws a TypeError (`UWSGI_BAD_RULE`) for quotes that are not closed. */
export function wordsOf(text: string, where: string): Word[] {
  const words: Word[] = [];
  for (let at = 0; at < text.length;) {
    if (isBlank(text[at])) {
      at++;
      continue;
    }
    const column = at + 1;
    let word = "";
    const quotes: boolean[] = [];
    let isQuoted = false;
    for (; at < text.length && (isQuoted || !isBlank(text[at])); at++) {
      if (text[at] === '"') {
        isQuoted = !isQuoted;
        continue;
      }
      if (isQuoted && text[at] === "\\" && (text[at + 1] === '"' || text[at + 1] === "\\")) at++;
      word += text[at];
      quotes.push(isQuoted);
    }
    if (isQuoted) throw badRule(`${where}, column ${column}`, "a double quote that is not closed");
    words.push({ column, text: word, quotes });
  }
  return words;
}

/** Where a character that is not quoted stands first; -1 when it does not. */
export function indexIn({ text, quotes }: Word, character: string): number {
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) {
    if (quotes[at] !== true) return at;
  }
  return -1;
}

/** What stands behind `from`, parted by commas that are not quoted. */
export function listIn({ text, quotes }: Word, from: number): string[] {
  const values: string[] = [];
  let start = from;
  for (let at = from; at <= text.length; at++) {
    if (at < text.length && (text[at] !== "," || quotes[at] === true)) continue;
    values.push(text.slice(start, at));
    start = at + 1;
  }
  return values;
}

/** A value as a rule in text has it, with quotes where it needs them. */
export function quoted(value: string): string {
  return value !== "" && /^[^\s",=^\\]+$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t" || character === "\n" || character === "\r";
}
