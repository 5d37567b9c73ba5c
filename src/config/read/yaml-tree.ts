/**
 * Reads YAML 1.2 as a tree: one document, with anchors, aliases and merge keys (`<<`), which are counted: a few lines
 * of aliases can stand for billions of values.
 */
import type * as Yaml from "yaml";
import { saidTwice } from "./json-tree.ts";
import { quoted } from "./one-line.ts";
import { placesIn } from "./places.ts";
import { type Fault, MOST_DEPTH, type Place, type ReadTree, TOO_DEEP, type Tree, type TreeEntry } from "./tree.ts";

/** Most values that all aliases of a file may add to it. */
const MOST_ALIASED = 10_000;

/** YAML's own tags for what JSON has too. */
const TAGS: ReadonlySet<string> = new Set([
  "!",
  ...["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
]);

/** The tree, or the first fault of the grammar, or all that we do not take. */
export async function readYamlTree(text: string): Promise<ReadTree> {
  const yaml = await import("yaml");
  const placeOf = placesIn(text);
  // Its own search for keys that are said twice takes minutes for 60 000 keys.
  const options = { prettyErrors: false, uniqueKeys: false, logLevel: "silent" } as const;
  const documents = [...yaml.parseAllDocuments(text, options)];
  const [first, second] = documents;
  const error = documents.flatMap(({ errors }) => errors)[0];
  if (error !== undefined)
    return broken({ place: placeOf(error.pos[0]), message: error.message.replace(/["'](?=quote$)/, "") });
  if (second !== undefined) {
    return broken({ place: placeOf(second.range[0]), message: "a second document begins (---), one is needed" });
  }
  if (first?.contents === undefined || first.contents === null) return { tree: undefined, faults: [] };
  const reader = new YamlReader(yaml, placeOf);
  return { tree: reader.read(first), faults: reader.faults };
}

function broken(fault: Fault): ReadTree {
  return { tree: undefined, faults: [fault] };
}

/** What an anchor stands for; `tree` is undefined while it is read, and where it has faults. */
interface Anchored {
  readonly tree: Tree | undefined;
  /** Values in it, those of its aliases included. */
  readonly size: number;
  readonly isOpen: boolean;
}

class YamlReader {
  readonly faults: Fault[] = [];
  readonly #yaml: typeof Yaml;
  readonly #placeOf: (offset: number) => Place;
  readonly #anchors = new Map<string, Anchored>();
  /** Values so far, those of aliases included. */
  #size = 0;
  #aliased = 0;

  constructor(yaml: typeof Yaml, placeOf: (offset: number) => Place) {
    this.#yaml = yaml;
    this.#placeOf = placeOf;
  }

  read(document: Yaml.Document.Parsed): Tree | undefined {
    return this.#anchored(document.contents, 0);
  }

  /** The tree of a node; undefined where it has faults, which are noted. */
  #anchored(node: Yaml.ParsedNode | null, depth: number): Tree | undefined {
    const anchor = node === null || this.#yaml.isAlias(node) ? undefined : node.anchor;
    if (anchor === undefined) return this.#tree(node, depth);
    const before = this.#size;
    this.#anchors.set(anchor, { tree: undefined, size: 0, isOpen: true });
    const tree = this.#tree(node, depth);
    this.#anchors.set(anchor, { tree, size: this.#size - before, isOpen: false });
    return tree;
  }

  #tree(node: Yaml.ParsedNode | null, depth: number): Tree | undefined {
    this.#size++;
    if (node === null) return { kind: "scalar", place: {}, value: null };
    const place = this.#placeOf(node.range[0]);
    if (this.#yaml.isAlias(node)) return this.#alias(node, place);
    if (node.tag !== undefined && !TAGS.has(node.tag)) {
      return this.#fault(place, `the tag ${quoted(node.tag)} is not known here, only those of plain values are`);
    }
    if (this.#yaml.isScalar(node)) return scalarOf(node, place);
    if (depth >= MOST_DEPTH) return this.#fault(place, TOO_DEEP);
    if (this.#yaml.isMap(node)) return { kind: "map", place, entries: this.#entries(node, depth) };
    const items = node.items.map((item) => this.#anchored(item as Yaml.ParsedNode | null, depth + 1));
    return { kind: "list", place, items: items.filter((item) => item !== undefined) };
  }

  #alias({ source }: Yaml.Alias, place: Place): Tree | undefined {
    const anchored = this.#anchors.get(source);
    if (anchored === undefined)
      return this.#fault(place, `*${source} stands for nothing: there is no &${source} before`);
    if (anchored.isOpen) return this.#fault(place, `*${source} stands inside of what it stands for`);
    this.#aliased += anchored.size;
    this.#size += anchored.size;
    if (this.#aliased > MOST_ALIASED) {
      // Told once: whatever follows is refused too.
      if (this.#aliased - anchored.size > MOST_ALIASED) return undefined;
      return this.#fault(place, `aliases add more than ${MOST_ALIASED} values up to here`);
    }
    return anchored.tree === undefined ? undefined : { ...anchored.tree, place };
  }

  #entries({ items }: Yaml.YAMLMap, depth: number): Map<string, TreeEntry> {
    const merged = new Map<string, TreeEntry>();
    const own = new Map<string, TreeEntry>();
    // At most one.
    const merges: TreeEntry[] = [];
    for (const pair of items as Yaml.Pair<Yaml.ParsedNode | null, Yaml.ParsedNode | null>[]) {
      const key = this.#key(pair.key, depth);
      const value = this.#anchored(pair.value, depth + 1);
      if (key === undefined) continue;
      const { text, place } = key;
      const entry =
        value === undefined
          ? undefined
          : { place, value: value.place.line === undefined ? { ...value, place } : value };
      if (key.isMerge) {
        const [first] = merges;
        if (first !== undefined) this.#fault(place, saidTwice(text, first.place));
        else if (entry !== undefined) merges.push(entry);
        continue;
      }
      const first = own.get(text);
      if (first !== undefined) this.#fault(place, saidTwice(text, first.place));
      else if (entry !== undefined) own.set(text, entry);
    }
    // What is said here counts, then what is merged first.
    for (const merge of merges) this.#merge(merge, merged);
    return new Map([...merged, ...own]);
  }

  #merge({ place, value }: TreeEntry, merged: Map<string, TreeEntry>): void {
    const maps = value.kind === "list" ? value.items : [value];
    for (const map of maps) {
      if (map.kind !== "map") {
        this.#fault(place, "<< merges objects: an alias of one is needed, or a list of such");
        return;
      }
      for (const [key, entry] of map.entries) if (!merged.has(key)) merged.set(key, entry);
    }
  }

  /** A key as it was written: 404 is a text too, where it is a key. */
  #key(
    node: Yaml.ParsedNode | null,
    depth: number,
  ): { readonly text: string; readonly place: Place; readonly isMerge: boolean } | undefined {
    const place = node === null ? {} : this.#placeOf(node.range[0]);
    if (!this.#yaml.isScalar(node)) {
      if (node !== null && !this.#yaml.isAlias(node)) this.#anchored(node, depth + 1);
      return this.#fault(place, "a key is a text, not a list, an object or an alias");
    }
    if (this.#anchored(node, depth + 1) === undefined) return undefined;
    const text = typeof node.value === "string" ? node.value : (node.source ?? "");
    if (text === "" && node.type === "PLAIN") return this.#fault(place, "there is a value without a key");
    return { text, place, isMerge: text === "<<" && node.type === "PLAIN" };
  }

  #fault(place: Place, message: string): undefined {
    this.faults.push({ place, message });
  }
}

function scalarOf({ value, source }: Yaml.Scalar.Parsed, place: Place): Tree {
  if (typeof value === "number")
    return { kind: "scalar", place, value, ...(source === undefined ? {} : { text: source }) };
  if (value === null || typeof value === "string" || typeof value === "boolean")
    return { kind: "scalar", place, value };
  // YAML 1.1 has more types, such as dates.
  return { kind: "scalar", place, value: source ?? null };
}
