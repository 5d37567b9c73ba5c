/** Finds `$(NAME)`, `@(PATH)` and `%(name)` in a text and puts something in their place (`uwsgi_apply_config_pass`). Pure. */
import { MOST_NESTING } from "./limits.ts";

/** What stands for a key; undefined leaves the reference as it is written. */
export type Lookup = (key: string) => string | undefined;

export interface Pass {
  readonly symbol: "$" | "@" | "%";
  readonly lookup: Lookup;
  /** References within a key are replaced first; else `lookup` gets it as it is written. */
  readonly isInnerFirst: boolean;
  /** Most characters of a result. */
  readonly mostLength: number;
  /** Tells what went wrong; what has been put in before stays. */
  readonly tell: (message: string) => void;
}

/** Replaces all references of one kind. Parentheses in a key have to be in pairs; what is put in is not looked at again. */
export function replaceReferences(text: string, pass: Pass, depth = 0): string {
  const { symbol, lookup, isInnerFirst, mostLength, tell } = pass;
  if (!text.includes(`${symbol}(`)) return text;
  if (depth > MOST_NESTING) {
    tell(`more than ${MOST_NESTING} references within each other`);
    return text;
  }
  const ends = findEnds(text);
  const parts: string[] = [];
  let length = text.length;
  let from = 0;
  let at = text.indexOf(`${symbol}(`);
  while (at !== -1) {
    const end = ends[at + 1] ?? 0;
    // What has no end, or no key, is plain text; a reference may still stand in it.
    let next = at + 2;
    if (end > at + 2) {
      next = end + 1;
      const written = text.slice(at + 2, end);
      const key = isInnerFirst ? replaceReferences(written, pass, depth + 1) : written;
      const replacement = lookup(key) ?? `${symbol}(${key})`;
      length += replacement.length - (end + 1 - at);
      if (length > mostLength) {
        tell(`the value has more than ${mostLength} characters when all is put in`);
        return text;
      }
      parts.push(text.slice(from, at), replacement);
      from = next;
    }
    at = text.indexOf(`${symbol}(`, next);
  }
  parts.push(text.slice(from));
  return parts.join("");
}

/** For each opening parenthesis, where the one that closes it stands; 0 where none does. */
function findEnds(text: string): Uint32Array {
  const ends = new Uint32Array(text.length);
  const open: number[] = [];
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === "(") open.push(index);
    if (text[index] === ")") {
      const start = open.pop();
      if (start !== undefined) ends[start] = index;
    }
  }
  return ends;
}
