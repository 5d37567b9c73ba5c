/** Words and signs of a file of Python's, as far as its data needs them. Pure. */

export interface Token {
  readonly kind: "name" | "number" | "text" | "sign";
  /** Of a text what it holds. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
  readonly endLine: number;
  /** From 0. */
  readonly column: number;
  /** Line breaks in brackets, and behind a backslash, end no statement. */
  readonly isInBrackets: boolean;
}

const PATTERN =
  /(?<blank>[ \t\f]+|#[^\n]*|\\\r?\n)|(?<end>\r?\n)|(?<number>(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?))|(?<prefix>[rRbBuUfF]{0,2})(?<quote>"""|'''|"|')|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<sign>[^])/uy;

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let depth = 0;
  let isJoined = false;
  for (let at = 0; at < text.length;) {
    PATTERN.lastIndex = at;
    const found = PATTERN.exec(text);
    if (found === null) break;
    const { blank, end, number, prefix, quote, name, sign } = found.groups ?? {};
    const place = { line, column: at - lineStart, isInBrackets: depth > 0 || isJoined };
    let next = at + found[0].length;
    if (quote !== undefined) {
      next = endOfText(text, next, quote);
      const inside = text.slice(at + found[0].length, next - quote.length);
      const lines = inside.split("\n").length - 1;
      // What is put into a text when it is run makes it no data.
      const isData = !/[fF]/.test(prefix ?? "");
      const value = /[rR]/.test(prefix ?? "") ? inside : unescaped(inside);
      tokens.push({ ...place, kind: isData ? "text" : "sign", text: isData ? value : "f", endLine: line + lines });
    } else if (name !== undefined) tokens.push({ ...place, kind: "name", text: name, endLine: line });
    else if (number !== undefined) tokens.push({ ...place, kind: "number", text: number, endLine: line });
    else if (sign !== undefined) {
      if ("([{".includes(sign)) depth++;
      tokens.push({ ...place, kind: "sign", text: sign, endLine: line });
      if (")]}".includes(sign)) depth = Math.max(0, depth - 1);
    }
    const passed = text.slice(at, next);
    for (let newline = passed.indexOf("\n"); newline !== -1; newline = passed.indexOf("\n", newline + 1)) {
      line++;
      lineStart = at + newline + 1;
    }
    if (end !== undefined || blank?.startsWith("\\") === true) isJoined = end === undefined;
    at = next;
  }
  return tokens;
}

/** Behind the quotes that end it, or the end of the file, or of the line for a text that may not go on there. */
function endOfText(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text.startsWith(quote, at)) return at + quote.length;
    else if (text[at] === "\n" && quote.length === 1) return at + quote.length;
  }
  return text.length + quote.length;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

function unescaped(text: string): string {
  return text.replace(/\\([^])/g, (found, character: string) => ESCAPES[character] ?? found);
}
