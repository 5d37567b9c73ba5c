/** Reads options of a module: JavaScript, or TypeScript as applications are loaded. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { importModule } from "../../app/index.ts";
import { problemAt, readFileOf } from "./givens-of.ts";
import { linesOfKeys } from "./module-lines.ts";
import { withoutMark } from "./places.ts";
import type { ReadFile } from "./read-file.ts";
import { chooseSection } from "./section.ts";
import { kindOf, type MapTree, type Place, type Tree } from "./tree.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Readonly<Record<string, unknown>>;

/**
 * Options of the default export: an object, or a function that returns one or promises to, and is called with
 * `{ env }`. Values are taken as they are; those that are undefined say nothing. Never rejects; what the module waits
 * for is waited for.
 */
export async function readModule(file: string, section?: string, env: Environment = process.env): Promise<ReadFile> {
  const path = resolve(file);
  try {
    const root = await defaultExport(path, env);
    if (!isRecord(root)) {
      return refused(file, {}, `its default export is ${kindOf(leafOf(root, {}))}, ${NEEDED}`);
    }
    const lines = await linesIn(path);
    return readFileOf({ tree: treeOf(root, section, lines), faults: [] }, file, section);
  } catch (error) {
    return refused(file, placeIn(path, error), sentenceOf(path, error));
  }
}

const NEEDED = "an object of options is needed, or a function that returns one";

async function defaultExport(path: string, env: Environment): Promise<unknown> {
  const exports: Values = await importModule(path);
  const said = exports["default"];
  return typeof said === "function" ? ((await said({ env })) as unknown) : await said;
}

/** An object as it is written in braces, or an instance of a class; no list, no Map. */
function isRecord(value: unknown): value is Values {
  return typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Object]";
}

type Lines = (names: readonly string[]) => ReadonlyMap<string, number>;

async function linesIn(path: string): Promise<Lines> {
  try {
    const text = withoutMark(await readFile(path, "utf8"));
    return (names) => linesOfKeys(text, names);
  } catch {
    // It was imported, and can no longer be read: there are options, and no lines.
    return () => new Map();
  }
}

/** The root as a tree; only the object that holds the options is taken apart, and in it the lists. */
function treeOf(root: Values, section: string | undefined, lines: Lines): MapTree {
  const said = Object.entries(root).filter(([, value]) => value !== undefined);
  const chosen = chooseSection(
    said.map(([key]) => key),
    section,
  );
  if (chosen.at === "root") return optionsOf(said, lines);
  const entries = said.map(([key, value]) => {
    const isOptions = chosen.at === "key" && key === chosen.key && isRecord(value);
    return [
      key,
      { place: {}, value: isOptions ? optionsOf(Object.entries(value), lines) : leafOf(value, {}) },
    ] as const;
  });
  return { kind: "map", place: {}, entries: new Map(entries) };
}

function optionsOf(said: readonly (readonly [name: string, value: unknown])[], lines: Lines): MapTree {
  const names = said.map(([name]) => name);
  const lineOf = lines(names);
  const entries = said
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const line = lineOf.get(name);
      const place: Place = line === undefined ? {} : { line };
      return [name, { place, value: leafOf(value, place) }] as const;
    });
  return { kind: "map", place: {}, entries: new Map(entries) };
}

/** A value as it is; of a list its items, without those that are undefined. */
function leafOf(value: unknown, place: Place): Tree {
  if (!Array.isArray(value)) return { kind: "scalar", place, value };
  const items = value
    .filter((item) => item !== undefined)
    .map((item: unknown) => ({ kind: "scalar", place, value: item }) as const);
  return { kind: "list", place, items };
}

function refused(file: string, place: Place, message: string): ReadFile {
  return { givens: [], problems: [problemAt(file, place, message)], sections: [] };
}

/** Where in the module it was thrown, as the stack tells; of what is no ES module, also where it breaks the grammar. */
function placeIn(path: string, thrown: unknown): Place {
  const error = causeOf(thrown);
  const stack = error instanceof Error ? String(error.stack) : "";
  for (const name of [pathToFileURL(path).href, path]) {
    const found = /^:(\d+)(?::(\d+))?/.exec(stack.slice(stack.indexOf(name) + name.length));
    if (!stack.includes(name) || found === null) continue;
    const [, line, column] = found;
    return { line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) };
  }
  return {};
}

function sentenceOf(path: string, thrown: unknown): string {
  try {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    // What importModule throws names the file in front.
    return message.startsWith(`${path} `) ? message.slice(path.length + 1) : `it has thrown: ${message}`;
  } catch {
    return "it has thrown something that cannot be described";
  }
}

function causeOf(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
}
