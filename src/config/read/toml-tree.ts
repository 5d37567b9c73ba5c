/** Reads TOML 1.1 as a tree. */
import type { AST } from "toml-eslint-parser";
import { saidTwice } from "./json-tree.ts";
import { quoted } from "./one-line.ts";
import { placesIn } from "./places.ts";
import { type Fault, MOST_DEPTH, type Place, type ReadTree, TOO_DEEP, type Tree, type TreeEntry } from "./tree.ts";

type Parse = (text: string) => AST.TOMLProgram;

/** The tree, or the first fault of the grammar. Throws where the parser gives up. */
export async function readTomlTree(text: string): Promise<ReadTree> {
  const { ParseError, parseTOML } = await import("toml-eslint-parser");
  const parse: Parse = (part) => parseTOML(part, { tomlVersion: "1.1" });
  try {
    return new TomlReader(text).read(parse(text));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { tree: undefined, faults: [faultOf(error, text, parse)] };
  }
}

function faultOf({ message, index }: { message: string; index: number }, text: string, parse: Parse): Fault {
  const placeOf = placesIn(text);
  if (message === TWICE) return { place: placeOf(index), message: twice(text, index, parse) };
  // What is missing at the end of a line is noticed by the parser at whatever comes next.
  const before = text.slice(0, index).trimEnd();
  const isNextLine = text.slice(before.length, index).includes("\n");
  if (isNextLine && before.endsWith("=")) return { place: placeOf(before.length), message: "a value is missing" };
  if (isNextLine && message === SAME_LINE) {
    const isHeader = before
      .slice(before.lastIndexOf("\n") + 1)
      .trimStart()
      .startsWith("[");
    return { place: placeOf(before.length), message: `"${isHeader ? "]" : "="}" is needed here` };
  }
  const place = placeOf(index);
  const seen = text.codePointAt(index);
  if ((message === "Unexpected character" || message === "Unexpected token") && seen !== undefined) {
    return { place, message: `${quoted(String.fromCodePoint(seen))} cannot stand here` };
  }
  return { place, message: SAID[message] ?? message };
}

const SAME_LINE = "The key, equals sign, and value must be on the same line";
const TWICE = "Defining a key multiple times is invalid";

/** The parser's sentences that do not say what is needed. */
const SAID: Readonly<Record<string, string>> = {
  "Unspecified values are invalid": "a value is missing",
  "Empty bare keys are not allowed": "a key is missing",
  "Must be a newline": "a new line is needed here",
  "Expected equal (=) token": '"=" is needed here',
  "Expected comma (,) token": '"," is needed here',
  "Unterminated string constant": "the closing quote is missing",
  "Unterminated table-key": 'the closing "]" is missing',
  "Unexpected invalid date": "it is no date that there is",
  "Unexpected invalid time": "it is no time that there is",
  "Unterminated array": 'the closing "]" is missing',
  "Unterminated inline table": 'the closing "}" is missing',
};

/** A map that is still being made: tables add to it from several places. */
interface GrowingMap {
  readonly kind: "map";
  readonly place: Place;
  readonly entries: Map<string, TreeEntry>;
}

class TomlReader {
  readonly #text: string;
  readonly #faults: Fault[] = [];
  readonly #root: GrowingMap = { kind: "map", place: { line: 1, column: 1 }, entries: new Map() };

  constructor(text: string) {
    this.#text = text;
  }

  read({ body: [top] }: AST.TOMLProgram): ReadTree {
    for (const part of top.body) {
      if (part.type === "TOMLKeyValue") this.#put(this.#root, part, 0);
      else this.#table(part);
    }
    return { tree: this.#root, faults: this.#faults };
  }

  #table({ key: { keys }, kind, body, loc }: AST.TOMLTable): void {
    if (keys.length > MOST_DEPTH) return this.#fault(placeAt(loc), TOO_DEEP);
    const [last, parent] = [keys.at(-1), this.#reach(this.#root, keys.slice(0, -1))];
    if (last === undefined) return;
    let table: GrowingMap;
    if (kind === "array") {
      const place = placeAt(last.loc);
      const before = parent.entries.get(nameOf(last))?.value;
      table = { kind: "map", place, entries: new Map() };
      if (before?.kind === "list") (before.items as Tree[]).push(table);
      else parent.entries.set(nameOf(last), { place, value: { kind: "list", place, items: [table] } });
    } else table = this.#reach(parent, [last]);
    for (const entry of body) this.#put(table, entry, keys.length);
  }

  /** The map below the keys, of a list its last item; made where there is none. */
  #reach(from: GrowingMap, keys: readonly Key[]): GrowingMap {
    let map = from;
    for (const key of keys) {
      const found = map.entries.get(nameOf(key))?.value;
      const last = found?.kind === "list" ? found.items.at(-1) : found;
      if (last?.kind === "map") map = last as GrowingMap;
      else {
        const place = placeAt(key.loc);
        const made: GrowingMap = { kind: "map", place, entries: new Map() };
        map.entries.set(nameOf(key), { place, value: made });
        map = made;
      }
    }
    return map;
  }

  #put(into: GrowingMap, { key: { keys }, value, loc }: AST.TOMLKeyValue, depth: number): void {
    const inner = depth + keys.length;
    if (inner > MOST_DEPTH) return this.#fault(placeAt(loc), TOO_DEEP);
    const [last, tree] = [keys.at(-1), this.#tree(value, inner)];
    if (last === undefined || tree === undefined) return;
    this.#reach(into, keys.slice(0, -1)).entries.set(nameOf(last), { place: placeAt(last.loc), value: tree });
  }

  #tree(node: AST.TOMLContentNode, depth: number): Tree | undefined {
    const place = placeAt(node.loc);
    if (node.type === "TOMLValue") {
      if (node.kind === "integer" || node.kind === "float") {
        return { kind: "scalar", place, value: node.value, text: this.#text.slice(...node.range) };
      }
      // A date as it was written: no option is one.
      return {
        kind: "scalar",
        place,
        value: node.value instanceof Date ? this.#text.slice(...node.range) : node.value,
      };
    }
    if (depth >= MOST_DEPTH) {
      this.#fault(place, TOO_DEEP);
      return undefined;
    }
    if (node.type === "TOMLArray") {
      const items = node.elements.map((item) => this.#tree(item, depth + 1));
      return { kind: "list", place, items: items.filter((item) => item !== undefined) };
    }
    const map: GrowingMap = { kind: "map", place, entries: new Map() };
    for (const entry of node.body) this.#put(map, entry, depth);
    return map;
  }

  #fault(place: Place, message: string): void {
    this.#faults.push({ place, message });
  }
}

type Key = AST.TOMLBare | AST.TOMLQuoted;

function nameOf(key: Key): string {
  return key.type === "TOMLBare" ? key.name : key.value;
}

function placeAt({ start }: AST.SourceLocation): Place {
  return { line: start.line, column: start.column + 1 };
}

/**
 * Of the key at `index`, which was said before. The parser does not tell where: what stands before its line is read
 * once more, and that line for itself; where it cannot be read so, such as behind an open brace, the line stays untold.
 */
function twice(text: string, index: number, parse: Parse): string {
  const start = text.lastIndexOf("\n", index - 1) + 1;
  const end = text.indexOf("\n", index);
  try {
    const [before, line] = [text.slice(0, start), text.slice(start, end === -1 ? text.length : end)];
    const part = parse(line).body[0].body[0];
    if (part === undefined) return SAID_TWICE;
    const keys = part.key.keys.filter((key) => key.range[0] <= index - start).map(nameOf);
    const program = parse(before);
    const above = program.body[0].body.at(-1);
    const table = part.type === "TOMLKeyValue" && above?.type === "TOMLTable" ? above.key.keys.map(nameOf) : [];
    const first = entryAt(new TomlReader(before).read(program).tree, [...table, ...keys]);
    return first === undefined ? SAID_TWICE : saidTwice(keys.at(-1) ?? "", first.place);
  } catch {
    // Not a statement of one line.
    return SAID_TWICE;
  }
}

const SAID_TWICE = "a key is said twice";

function entryAt(from: Tree | undefined, path: readonly string[]): TreeEntry | undefined {
  let at = from;
  let entry: TreeEntry | undefined;
  for (const key of path) {
    const map = at?.kind === "list" ? at.items.at(-1) : at;
    entry = map?.kind === "map" ? map.entries.get(key) : undefined;
    at = entry?.value;
  }
  return entry;
}
