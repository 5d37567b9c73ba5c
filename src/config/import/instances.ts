/** Names and addresses of instances that an import makes. Pure. */
import type { ImportedFile } from "./imported.ts";
import { textOf } from "./value-text.ts";

/** What stands for an instance in the name of a file, and is not there yet. */
export function nameFor(wished: string, files: readonly ImportedFile[]): string {
  const safe = wished.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+/, "") || "app";
  const taken = new Set(files.map(({ name }) => name));
  for (let at = 1; ; at++) {
    const name = at === 1 ? safe : `${safe}-${at}`;
    if (!taken.has(name)) return name;
  }
}

/** The first port that uWSGI's documentation uses. */
const FIRST_PORT = 3_031;

/** Where the instance listens whose number is `at`: as it is wished, or on a port of its own that nobody else can reach. */
export function socketFor(wished: string | undefined, name: string, at: number): string {
  return wished === undefined ? `127.0.0.1:${FIRST_PORT + at}` : wished.replaceAll("%n", name);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As a shell would split it: blanks, with quotes around what has some. */
export function words(text: string): readonly string[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_found, double?: string, single?: string) => double ?? single ?? ""),
  );
}

/** A list, or a text of several words. */
export function listOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(textOf);
  return value === undefined || value === null ? [] : words(textOf(value));
}
