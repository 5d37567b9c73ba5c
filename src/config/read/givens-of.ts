/** Makes of the tree of a file what it says of options. Pure. */
import type { Given, Origin, Problem } from "../given.ts";
import { oneLine, quoted } from "./one-line.ts";
import type { ReadFile } from "./read-file.ts";
import { chooseSection } from "./section.ts";
import {
  kindOf,
  type MapTree,
  type Place,
  placeOf,
  type ReadTree,
  type Tree,
  type TreeEntry,
  valueOf,
} from "./tree.ts";

/** Most faults of one file that are told: most of them come from the first. */
const MOST_FAULTS = 20;

/** What the file says, and what is wrong in it. */
export function readFileOf({ tree, faults }: ReadTree, file: string, section: string | undefined): ReadFile {
  const problems = faults.slice(0, MOST_FAULTS).map(({ place, message }) => problemAt(file, place, message));
  const nothing: ReadFile = { givens: [], problems, sections: [] };
  // null is what YAML makes of a file without a word.
  if (tree === undefined || (tree.kind === "scalar" && tree.value === null)) {
    const chosen = chooseSection([], section);
    return chosen.at === "nowhere" && faults.length === 0 ? refused(nothing, file, {}, chosen.message) : nothing;
  }
  if (tree.kind !== "map") {
    return refused(nothing, file, tree.place, `it holds ${kindOf(tree)}, an object of options is needed`);
  }
  const keys = [...tree.entries.keys()];
  const chosen = chooseSection(keys, section);
  if (chosen.at === "root") return { ...nothing, givens: givensOf(tree, file) };
  if (chosen.at === "nowhere") return refused(nothing, file, {}, chosen.message);
  const sections = keys.filter((key) => key !== chosen.key);
  const entry = tree.entries.get(chosen.key);
  if (entry?.value.kind === "map") return { givens: givensOf(entry.value, file), problems, sections };
  // A section in which nothing is written yet.
  if (entry === undefined || (entry.value.kind === "scalar" && entry.value.value === null)) {
    return { ...nothing, sections };
  }
  const message = `${quoted(chosen.key)} holds ${kindOf(entry.value)}, an object of options is needed`;
  return { ...refused(nothing, file, entry.place, message), sections };
}

/** As `readFileOf` answers for one thing that is wrong. */
export function problemAt(file: string, place: Place, message: string): Problem {
  return { origin: originAt(file, place), message: oneLine(message) };
}

function refused(read: ReadFile, file: string, place: Place, message: string): ReadFile {
  return { ...read, problems: [...read.problems, problemAt(file, place, message)] };
}

/** Where an editor finds the JSON Schema of the file: nothing that is said of options. */
const FOR_EDITORS = "$schema";

function givensOf(options: MapTree, file: string): Given[] {
  return [...options.entries]
    .filter(([name]) => name !== FOR_EDITORS)
    .flatMap(([name, entry]) => givensOfOption(name, entry, (place) => originAt(file, place)));
}

/** One; of a list one for each item, and of an empty list one that says so. */
export function givensOfOption(name: string, { place, value }: TreeEntry, originOf: (place: Place) => Origin): Given[] {
  const givenOf = (tree: Tree, at: Place, isItem: boolean): Given => ({
    name,
    value: valueOf(tree),
    ...(tree.kind === "scalar" && tree.text !== undefined ? { text: tree.text } : {}),
    ...(isItem ? { isItem } : {}),
    origin: originOf(at),
    at: (path) => originOf(placeOf(tree, path)),
  });
  if (value.kind !== "list" || value.items.length === 0) return [givenOf(value, place, false)];
  return value.items.map((item) => givenOf(item, item.place, true));
}

function originAt(file: string, place: Place): Origin {
  return { kind: "file", file, ...place };
}
