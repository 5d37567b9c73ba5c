/**
 * nginx's configuration language, token by token, as nginx reads it (`ngx_conf_read_token` in `ngx_conf_file.c`):
 *
 * - a word ends at white space, `;` and `{`, not at `}` or `#`; behind `$` a `{` is part of the word;
 * - a backslash takes the special meaning from the next character, in quotes and out of them. It goes away before a quote
 *   and itself, makes `\t`, `\r` and `\n`, and stays before all else;
 * - behind a closing quote come white space, `;`, `{` or `)`, nothing else.
 */
import type { Source } from "./source.ts";

export type Token =
  | { readonly kind: "word"; readonly text: string; readonly start: number }
  | { readonly kind: ";" | "{" | "}"; readonly start: number };

const SPACE: ReadonlySet<string> = new Set([" ", "\t", "\r", "\n"]);
const ESCAPES: Readonly<Record<string, string>> = { t: "\t", r: "\r", n: "\n", '"': '"', "'": "'", "\\": "\\" };

export class Tokenizer {
  /** Behind the last token. */
  position = 0;
  private readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }

  /** The next token; undefined at the end. Throws a ConfigError (`UWSGI_BAD_CONFIGURATION`). */
  next(): Token | undefined {
    this.skipBlanks();
    const start = this.position;
    const first = this.source.text[start];
    if (first === undefined) return undefined;
    if (first === ";" || first === "{" || first === "}") {
      this.position++;
      return { kind: first, start };
    }
    return { kind: "word", text: first === '"' || first === "'" ? this.readQuoted(first) : this.readWord(), start };
  }

  /**
   * Skips a block of Lua code (`content_by_lua_block {`) up to its own `}`, which is the next token then. Braces in
   * Lua's strings and comments do not count.
   */
  skipLua(): void {
    const { text } = this.source;
    const start = this.position;
    // Comments and strings, long and short, and the braces. A string may lack its end: each character is looked at once.
    const interesting = /--\[(=*)\[|--[^\n]*|\[(=*)\[|"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?|[{}]/g;
    interesting.lastIndex = start;
    for (let depth = 0; ;) {
      const found = interesting.exec(text);
      if (found === null) break;
      const level = found[1] ?? found[2];
      if (level !== undefined) {
        const end = text.indexOf(`]${level}]`, interesting.lastIndex);
        if (end === -1) break;
        interesting.lastIndex = end + level.length + 2;
      } else if (found[0] === "{") {
        depth++;
      } else if (found[0] === "}" && depth-- === 0) {
        this.position = found.index;
        return;
      }
    }
    throw this.source.fault("this block of Lua code has no end", start);
  }

  private skipBlanks(): void {
    const { text } = this.source;
    for (; ; this.position++) {
      const char = text[this.position];
      if (char === "#") {
        const end = text.indexOf("\n", this.position);
        this.position = end === -1 ? text.length : end;
      }
      if (char === undefined || (char !== "#" && !SPACE.has(char))) return;
    }
  }

  private readQuoted(quote: string): string {
    const { text } = this.source;
    const start = this.position;
    let end = start + 1;
    while (end < text.length && text[end] !== quote) end += text[end] === "\\" ? 2 : 1;
    if (end >= text.length) throw this.source.fault(`a ${quote} that is not closed`, start);
    this.position = end + 1;
    const behind = text[this.position];
    if (behind !== undefined && !SPACE.has(behind) && behind !== ";" && behind !== "{" && behind !== ")") {
      throw this.source.fault(`unexpected ${JSON.stringify(behind)} behind a closing ${quote}`, this.position);
    }
    return unescape(text.slice(start + 1, end));
  }

  private readWord(): string {
    const { text } = this.source;
    const start = this.position;
    let end = start;
    for (let isVariable = false; end < text.length; end++) {
      const char = text[end] ?? "";
      if (char === "{" && isVariable) continue;
      isVariable = char === "$";
      if (char === "\\") end++;
      else if (char === ";" || char === "{" || SPACE.has(char)) break;
    }
    this.position = Math.min(end, text.length);
    return unescape(text.slice(start, this.position));
  }
}

function unescape(raw: string): string {
  return raw.includes("\\") ? raw.replace(/\\([^])/g, (whole, char: string) => ESCAPES[char] ?? whole) : raw;
}
