/** Paths that match a pattern, as glob(7) reads one: `*`, `?`, `[a-z]`. Node has a glob of its own from version 22 on. */
import { readdirSync, statSync } from "node:fs";

/** Sorted, folders with a slash behind; none where nothing matches. Never throws. */
export function matchingPaths(pattern: string): readonly string[] {
  const parts = pattern.split("/");
  const isAbsolute = parts[0] === "";
  let found: string[] = [isAbsolute ? "/" : ""];
  for (const part of parts) {
    if (part === "") continue;
    found = found.flatMap((folder) => namesIn(folder, part).map((name) => `${folder}${name}/`));
  }
  return found
    .map((path) => path.slice(0, -1))
    .filter((path) => path !== "")
    .map((path) => (isFolder(path) ? `${path}/` : path))
    .sort();
}

function namesIn(folder: string, part: string): readonly string[] {
  if (!/[*?[]/.test(part)) return exists(`${folder}${part}`) ? [part] : [];
  const pattern = patternOf(part);
  try {
    const names = readdirSync(folder === "" ? "." : folder);
    // What is hidden is named, or not meant.
    return names.filter((name) => (part.startsWith(".") || !name.startsWith(".")) && pattern.test(name));
  } catch {
    return [];
  }
}

function patternOf(part: string): RegExp {
  const source = part.replaceAll(/\*|\?|\[!?[^\]/]+\]|[^*?[]|\[/g, (piece) => {
    if (piece === "*") return "[^/]*";
    if (piece === "?") return "[^/]";
    if (piece.length === 1) return piece.replaceAll(/[\\^$.|+(){}[\]]/g, "\\$&");
    const body = piece.slice(piece.startsWith("[!") ? 2 : 1, -1).replaceAll(/[\\\]^]/g, "\\$&");
    return `[${piece.startsWith("[!") ? "^" : ""}${body}]`;
  });
  try {
    return new RegExp(`^${source}$`, "s");
  } catch {
    // A range whose end is before its beginning fits nothing.
    return /(?!)/;
  }
}

function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
