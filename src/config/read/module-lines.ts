/**
 * Finds the lines of the keys of an object in the text of a program. No parser: strings, comments and braces are told
 * apart, and where two places come into question, or the braces do not match, no line is told rather than a wrong one.
 * Pure.
 */

/** A token: a comment, a text, a name, or one character. Regular expressions are not known. */
const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|`(?:[^`\\]|\\[\s\S])*`|(?<name>[\p{L}_$][\p{L}\p{N}_$]*)|\n|\S/gu;

interface FoundKey {
  readonly name: string;
  readonly line: number;
  /** Braces and brackets around it. */
  readonly depth: number;
}

/** Lines, from 1, of those of `names` that are keys in one object literal: that which has most of them. */
export function linesOfKeys(text: string, names: readonly string[]): ReadonlyMap<string, number> {
  const wanted = new Set(names);
  const found = keysIn(text).filter(({ name }) => wanted.has(name));
  const [best] = [...new Set(found.map(({ depth }) => depth))]
    .map((depth) => ({
      depth,
      count: new Set(found.filter((key) => key.depth === depth).map(({ name }) => name)).size,
    }))
    .sort((a, b) => b.count - a.count || a.depth - b.depth);
  const lines = new Map<string, number>();
  const twice = new Set<string>();
  for (const { name, line } of found.filter(({ depth }) => depth === best?.depth)) {
    if (lines.has(name)) twice.add(name);
    lines.set(name, line);
  }
  for (const name of twice) lines.delete(name);
  return lines;
}

/** Every `name:` behind `{` or `,` in braces; nothing where the brackets do not match. */
function keysIn(text: string): FoundKey[] {
  const keys: FoundKey[] = [];
  const open: string[] = [];
  let line = 1;
  let before = "";
  let key: FoundKey | undefined;
  for (const { 0: token, groups } of text.matchAll(TOKEN)) {
    const at = line;
    line += token.split("\n").length - 1;
    if (token === "\n" || token.startsWith("//") || token.startsWith("/*")) continue;
    if (token === ":" && key !== undefined) keys.push(key);
    key = undefined;
    const closes = CLOSES[token];
    if (closes !== undefined && open.pop() !== closes) return [];
    const name = groups?.["name"] ?? groups?.["text"]?.slice(1, -1);
    if (name !== undefined && open.at(-1) === "{" && (before === "{" || before === ",")) {
      key = { name, line: at, depth: open.length };
    }
    if (token === "{" || token === "[" || token === "(") open.push(token);
    before = token;
  }
  return open.length === 0 ? keys : [];
}

const CLOSES: Readonly<Record<string, string>> = Object.assign(Object.create(null), { "}": "{", "]": "[", ")": "(" });
