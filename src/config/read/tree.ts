/** What a file says, as a tree that knows where each part stands. All readers of files make one. Pure. */

/** `line` and `column` from 1; nothing where that is not known. */
export interface Place {
  readonly line?: number;
  readonly column?: number;
}

export type Tree = ScalarTree | ListTree | MapTree;

export interface ScalarTree {
  readonly kind: "scalar";
  readonly place: Place;
  readonly value: unknown;
  /** A number, as it was written. */
  readonly text?: string;
}

export interface ListTree {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly Tree[];
}

export interface MapTree {
  readonly kind: "map";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, TreeEntry>;
}

export interface TreeEntry {
  /** Of the key. */
  readonly place: Place;
  readonly value: Tree;
}

/** What is wrong in a file, and where. */
export interface Fault {
  readonly place: Place;
  readonly message: string;
}

/** A text as a tree; undefined where it holds nothing, or what it holds cannot be told for its faults. */
export interface ReadTree {
  readonly tree: Tree | undefined;
  readonly faults: readonly Fault[];
}

/** Deepest nesting that is read: options need three, and whatever walks a tree does so by calling itself. */
export const MOST_DEPTH = 64;

export const TOO_DEEP: string = `it is nested more than ${MOST_DEPTH} deep`;

/** Plain values: what would be `JSON.parse` of it. `__proto__` is a key as any other. */
export function valueOf(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(valueOf);
  const value: Record<string, unknown> = {};
  for (const [key, entry] of tree.entries) {
    // An assignment to __proto__ would change what the object is.
    Object.defineProperty(value, key, {
      value: valueOf(entry.value),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return value;
}

/** Where what `path` leads to stands, or else as far as it leads. */
export function placeOf(tree: Tree, path: readonly (string | number)[]): Place {
  let at = tree;
  for (const step of path) {
    const next = childOf(at, step);
    if (next === undefined) break;
    at = next;
  }
  return at.place;
}

function childOf(tree: Tree, step: string | number): Tree | undefined {
  if (tree.kind === "list") return typeof step === "number" ? tree.items[step] : undefined;
  return tree.kind === "map" ? tree.entries.get(String(step))?.value : undefined;
}

/** For messages: `an object`, `a list`, `a text`, `a number`, `null`. */
export function kindOf(tree: Tree): string {
  if (tree.kind === "map") return "an object";
  if (tree.kind === "list") return "a list";
  if (tree.value === null || tree.value === undefined) return String(tree.value);
  if (typeof tree.value === "string") return "a text";
  return typeof tree.value === "object" ? "an object" : `a ${typeof tree.value}`;
}
