/** The text of one file -> its directives, with the place of each. Includes are left as they are. */
import type { Source } from "./source.ts";
import { Tokenizer } from "./tokenizer.ts";

export interface Statement {
  readonly name: string;
  readonly args: readonly string[];
  readonly source: Source;
  /** Of its first character, and behind its `;` or `}`. */
  readonly start: number;
  readonly end: number;
  /** What is between its braces; undefined for one that ends with `;`. */
  readonly inner?: Inner;
}

export interface Inner {
  readonly statements: readonly Statement[];
  /** Behind the `{`, and of the `}`. */
  readonly start: number;
  readonly end: number;
}

/** Real ones nest four or five deep. */
const MOST_LEVELS = 64;

interface Open {
  readonly name: string;
  readonly args: readonly string[];
  readonly start: number;
  readonly inside: number;
  readonly statements: Statement[];
}

/** Throws a ConfigError (`UWSGI_BAD_CONFIGURATION`) with file and line, for what nginx would not parse. */
export function parseStatements(source: Source): readonly Statement[] {
  const tokens = new Tokenizer(source);
  const root: Open = { name: "", args: [], start: 0, inside: 0, statements: [] };
  const open: Open[] = [root];
  let current: Open = root;
  let words: string[] = [];
  let start = 0;
  for (let token = tokens.next(); token !== undefined; token = tokens.next()) {
    if (token.kind === "word") {
      if (words.length === 0) start = token.start;
      words.push(token.text);
      continue;
    }
    const [name, ...args] = words;
    if (token.kind === "}") {
      if (name !== undefined || open.length === 1) throw source.fault('unexpected "}"', token.start);
      const { statements, inside, ...head } = current;
      open.pop();
      current = open.at(-1) ?? root;
      const inner: Inner = { statements, start: inside, end: token.start };
      current.statements.push({ ...head, source, end: tokens.position, inner });
      continue;
    }
    if (name === undefined) throw source.fault(`unexpected ${JSON.stringify(token.kind)}`, token.start);
    words = [];
    if (token.kind === ";") {
      current.statements.push({ name, args, source, start, end: tokens.position });
      continue;
    }
    if (open.length > MOST_LEVELS) throw source.fault(`blocks nested more than ${MOST_LEVELS} deep`, token.start);
    current = { name, args, start, inside: tokens.position, statements: [] };
    open.push(current);
    if (name.endsWith("_by_lua_block")) tokens.skipLua();
  }
  if (words.length > 0) throw source.fault('the file ends inside a directive, ";" or "{" is missing', start);
  if (open.length > 1) throw source.fault(`the file ends inside this block, "}" is missing`, current.start);
  return root.statements;
}
