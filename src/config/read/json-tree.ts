/**
 * Reads JSON as a tree (RFC 8259, as strictly as `JSON.parse`, which tells no place on some versions of Node, and of
 * values on none). It also refuses a key that is said twice, of which `JSON.parse` takes the last without a word. Pure.
 */
import { quoted } from "./one-line.ts";
import { placesIn } from "./places.ts";
import { type Fault, MOST_DEPTH, type Place, type ReadTree, TOO_DEEP, type Tree, type TreeEntry } from "./tree.ts";

/** The tree, or the first fault of the grammar; keys that are said twice leave the first of them. */
export function readJsonTree(text: string): ReadTree {
  const reader = new JsonReader(text);
  try {
    return { tree: reader.document(), faults: reader.faults };
  } catch (error) {
    if (error instanceof Stop) return { tree: undefined, faults: [error.fault] };
    throw error;
  }
}

/** Ends the reading: what follows a fault of the grammar means nothing. */
class Stop extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

const BLANKS = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Up to the first character that a text must not hold. */
// oxlint-disable-next-line no-control-regex -- the grammar names them
const TEXT = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y;
const WORD = /true|false|null/y;

class JsonReader {
  readonly faults: Fault[] = [];
  readonly #text: string;
  readonly #placeOf: (offset: number) => Place;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#placeOf = placesIn(text);
  }

  document(): Tree {
    const tree = this.#value();
    this.#skip(BLANKS);
    if (this.#at < this.#text.length) throw this.#unexpected("the end of the file");
    return tree;
  }

  #value(): Tree {
    this.#skip(BLANKS);
    const place = this.#placeOf(this.#at);
    const first = this.#text[this.#at];
    if (first === "{") return { kind: "map", place, entries: this.#nested(() => this.#entries()) };
    if (first === "[") return { kind: "list", place, items: this.#nested(() => this.#items()) };
    if (first === '"') return { kind: "scalar", place, value: this.#string() };
    const number = this.#skip(NUMBER);
    if (number !== "") return { kind: "scalar", place, value: Number(number), text: number };
    const word = this.#skip(WORD);
    if (word === "") throw this.#unexpected("a value");
    return { kind: "scalar", place, value: word === "null" ? null : word === "true" };
  }

  #nested<Inside>(read: () => Inside): Inside {
    if (this.#depth === MOST_DEPTH) throw new Stop({ place: this.#placeOf(this.#at), message: TOO_DEEP });
    this.#depth++;
    const inside = read();
    this.#depth--;
    return inside;
  }

  #items(): Tree[] {
    const items: Tree[] = [];
    this.#at++;
    if (this.#takes("]")) return items;
    do items.push(this.#value());
    while (this.#takes(","));
    if (!this.#takes("]")) throw this.#unexpected('"," or "]"');
    return items;
  }

  #entries(): Map<string, TreeEntry> {
    const entries = new Map<string, TreeEntry>();
    this.#at++;
    if (this.#takes("}")) return entries;
    do {
      this.#skip(BLANKS);
      const place = this.#placeOf(this.#at);
      if (this.#text[this.#at] !== '"') throw this.#unexpected("a key in double quotes");
      const key = this.#string();
      if (!this.#takes(":")) throw this.#unexpected('":"');
      const value = this.#value();
      const first = entries.get(key);
      if (first === undefined) entries.set(key, { place, value });
      else this.faults.push({ place, message: saidTwice(key, first.place) });
    } while (this.#takes(","));
    if (!this.#takes("}")) throw this.#unexpected('"," or "}"');
    return entries;
  }

  #string(): string {
    const text = this.#skip(TEXT);
    if (this.#text[this.#at] === "\\") {
      throw this.#stop(`${this.#text.slice(this.#at, this.#at + 2)} is no escape of JSON`);
    }
    if (this.#text[this.#at] !== '"') throw this.#unexpected("the closing quote");
    this.#at++;
    return JSON.parse(`${text}"`) as string;
  }

  /** Whether `token` is next, behind blanks; then it is behind us. */
  #takes(token: string): boolean {
    this.#skip(BLANKS);
    if (this.#text[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  /** Goes behind what `pattern` finds here, and answers it. */
  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #unexpected(needed: string): Stop {
    const code = this.#text.codePointAt(this.#at);
    const seen = code === undefined ? "the text ends here" : `${quoted(String.fromCodePoint(code))} is not JSON here`;
    return this.#stop(`${seen}, ${needed} is needed`);
  }

  #stop(message: string): Stop {
    return new Stop({ place: this.#placeOf(this.#at), message });
  }
}

/** Of a key, and where it was said before. */
export function saidTwice(key: string, first: Place): string {
  return `${quoted(key)} is said twice${first.line === undefined ? "" : `, first on line ${first.line}`}`;
}
