/**
 * The part of Python that is data: what is assigned at the beginning of a line, of texts, numbers, lists, tuples and dicts, and
 * of names that were assigned so before. Nothing is run: everything else is answered with its line. Pure.
 */
import { type Token, tokensOf } from "./python-tokens.ts";

/** What a number of processors is reckoned from stands for itself: what comes of it is known where it runs. */
export const PROCESSORS: unique symbol = Symbol("processors");

export type PythonValue =
  | string
  | number
  | boolean
  | null
  | typeof PROCESSORS
  | readonly PythonValue[]
  | ReadonlyMap<string, PythonValue>;

/** One statement of the file. */
export type Statement =
  | { readonly kind: "assigned"; readonly name: string; readonly line: number; readonly value: PythonValue }
  /** A name, to which something is assigned that would have to be run. */
  | { readonly kind: "reckoned"; readonly name: string; readonly line: number; readonly text: string }
  /** A function, of which the name counts. */
  | { readonly kind: "function"; readonly name: string; readonly line: number }
  /** Anything else; imports and texts that stand alone are left out. */
  | { readonly kind: "other"; readonly line: number; readonly text: string };

export function readPython(text: string): readonly Statement[] {
  const known = new Map<string, PythonValue>();
  return statementsOf(text).flatMap((statement): readonly Statement[] => {
    const read = readStatement(statement, known);
    if (read?.kind === "assigned") known.set(read.name, read.value);
    else if (read?.kind === "reckoned") known.delete(read.name);
    return read === undefined ? [] : [read];
  });
}

interface Piece {
  readonly line: number;
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** Statements that begin in the first column, each with all lines that belong to it. */
function statementsOf(text: string): readonly Piece[] {
  const pieces: { line: number; text: string; tokens: Token[] }[] = [];
  const lines = text.split(/\r?\n/);
  let end = 0;
  for (const token of tokensOf(text)) {
    const isNew = token.column === 0 && !token.isInBrackets && token.line > end;
    if (isNew) pieces.push({ line: token.line, text: (lines[token.line - 1] ?? "").trim(), tokens: [] });
    pieces.at(-1)?.tokens.push(token);
    end = token.isInBrackets ? token.endLine : Math.max(end, token.endLine);
    // Behind a semicolon comes another statement, which nobody writes in such a file.
  }
  return pieces;
}

function readStatement({ line, text, tokens }: Piece, known: ReadonlyMap<string, PythonValue>): Statement | undefined {
  const [first, second] = tokens;
  if (first === undefined || first.kind === "text") return undefined;
  if (first.text === "import" || first.text === "from") return undefined;
  const nameAt = first.text === "async" ? 2 : 1;
  if (first.text === "def" || (first.text === "async" && second?.text === "def")) {
    return { kind: "function", name: tokens[nameAt]?.text ?? "", line };
  }
  if (first.kind !== "name") return { kind: "other", line, text };
  // A type behind the name: `workers: int = 4`.
  const equals = tokens.findIndex((token) => token.text === "=" && token.kind === "sign");
  const isAssigned = equals === 1 || (equals > 1 && second?.text === ":");
  if (!isAssigned) {
    const isChanged = second?.kind === "sign" && /^[-+*/]=$/.test(`${second.text}${tokens[2]?.text ?? ""}`);
    return isChanged ? { kind: "reckoned", name: first.text, line, text } : { kind: "other", line, text };
  }
  const reader = new Reader(tokens.slice(equals + 1), known);
  const value = reader.value();
  if (value === undefined || !reader.isAtEnd) return { kind: "reckoned", name: first.text, line, text };
  return { kind: "assigned", name: first.text, line, value };
}

/** Deeper nothing is nested by hand. */
const MOST_DEPTH = 32;

/** Reads one expression; `undefined` for what is no data. */
class Reader {
  #at = 0;
  #depth = 0;
  readonly #tokens: readonly Token[];
  readonly #known: ReadonlyMap<string, PythonValue>;

  constructor(tokens: readonly Token[], known: ReadonlyMap<string, PythonValue>) {
    this.#tokens = tokens;
    this.#known = known;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** A sum; at the end of a line a tuple without brackets, which nobody needs here. */
  value(): PythonValue | undefined {
    let left = this.#product();
    while (left !== undefined && this.#isSign("+", "-")) {
      const sign = this.#next();
      left = reckon(left, sign, this.#product());
    }
    return left;
  }

  #product(): PythonValue | undefined {
    let left = this.#one();
    while (left !== undefined && this.#isSign("*", "/")) {
      let sign = this.#next();
      if (sign === "/" && this.#isSign("/")) sign += this.#next();
      left = reckon(left, sign, this.#one());
    }
    return left;
  }

  #one(): PythonValue | undefined {
    const token = this.#tokens[this.#at++];
    if (token === undefined || ++this.#depth > MOST_DEPTH) return undefined;
    const value = this.#oneOf(token);
    this.#depth--;
    return value;
  }

  #oneOf({ kind, text }: Token): PythonValue | undefined {
    if (kind === "text") return this.#joined(text);
    if (kind === "number") return numberOf(text);
    if (kind === "name") return this.#named(text);
    if (text === "-") {
      const value = this.#one();
      return typeof value === "number" ? -value : undefined;
    }
    if (text === "(") return this.#items(")");
    if (text === "[") return this.#items("]");
    return text === "{" ? this.#members() : undefined;
  }

  /** Texts that stand one behind the other are one. */
  #joined(first: string): string {
    let text = first;
    while (this.#tokens[this.#at]?.kind === "text") text += this.#next();
    return text;
  }

  #named(name: string): PythonValue | undefined {
    if (name === "True") return true;
    if (name === "False") return false;
    if (name === "None") return null;
    let path = name;
    while (this.#isSign(".")) {
      this.#next();
      path += `.${this.#next()}`;
    }
    if (this.#isSign("(")) {
      if (!/^(?:multiprocessing\.|os\.|mp\.)?cpu_count$/.test(path)) return undefined;
      this.#next();
      return this.#isSign(")") && this.#next() === ")" ? PROCESSORS : undefined;
    }
    return this.#known.get(path);
  }

  /** Of brackets: one value in round ones without a comma is that value. */
  #items(end: string): PythonValue | undefined {
    const items: PythonValue[] = [];
    let hasComma = false;
    while (!this.#isSign(end)) {
      const item = this.value();
      if (item === undefined) return undefined;
      items.push(item);
      if (this.#isSign(",")) {
        hasComma = true;
        this.#next();
      } else if (!this.#isSign(end)) return undefined;
    }
    this.#next();
    return end === ")" && !hasComma && items.length === 1 ? items[0] : items;
  }

  #members(): PythonValue | undefined {
    const members = new Map<string, PythonValue>();
    while (!this.#isSign("}")) {
      const key = this.value();
      if (typeof key !== "string" || this.#next() !== ":") return undefined;
      const value = this.value();
      if (value === undefined) return undefined;
      members.set(key, value);
      if (this.#isSign(",")) this.#next();
      else if (!this.#isSign("}")) return undefined;
    }
    this.#next();
    return members;
  }

  #isSign(...signs: readonly string[]): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === "sign" && signs.includes(token.text);
  }

  #next(): string {
    return this.#tokens[this.#at++]?.text ?? "";
  }
}

function numberOf(text: string): number | undefined {
  const plain = text.replaceAll("_", "");
  if (/^0[oOxXbB]/.test(plain)) return Number(plain);
  const value = Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

function reckon(left: PythonValue, sign: string, right: PythonValue | undefined): PythonValue | undefined {
  if (right === undefined) return undefined;
  // Of processors: how many workers for how many of them is decided anew here.
  if (left === PROCESSORS && (typeof right === "number" || right === PROCESSORS)) return PROCESSORS;
  if (right === PROCESSORS && typeof left === "number") return PROCESSORS;
  if (typeof left === "string" && typeof right === "string" && sign === "+") return left + right;
  if (Array.isArray(left) && Array.isArray(right) && sign === "+") return [...left, ...right] as readonly PythonValue[];
  if (typeof left !== "number" || typeof right !== "number") return undefined;
  if (sign === "+") return left + right;
  if (sign === "-") return left - right;
  if (sign === "*") return left * right;
  if (right === 0) return undefined;
  return sign === "//" ? Math.floor(left / right) : left / right;
}
