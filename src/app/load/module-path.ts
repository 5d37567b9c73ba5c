/** `path[:export]` -> the file of the module, and the export if one is named. */
import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { AppError } from "../../errors.ts";

export interface ModulePath {
  /** Absolute path of a file. */
  readonly path: string;
  /** Undefined where none is named. */
  readonly exportName: string | undefined;
}

/**
 * Reads `path[:export]`, relative to `cwd`. The path may be what `node path` takes: a file, with or without `.js`, or a
 * folder with `main` in its package.json or an `index.js`. Throws an AppError (`UWSGI_APP_NOT_FOUND`).
 */
export function readModulePath(name: string, cwd: string): ModulePath {
  const colon = name.lastIndexOf(":");
  const whole = name === "" ? undefined : findFile(resolve(cwd, name));
  // A file whose name has a colon is that file.
  if (whole !== undefined) return { path: whole, exportName: undefined };
  const [given, exportName] = colon <= 0 ? [name, undefined] : [name.slice(0, colon), name.slice(colon + 1)];
  const path = findFile(resolve(cwd, given));
  if (path === undefined || given === "" || exportName === "") {
    throw new AppError(
      `no application ${JSON.stringify(name)}: ${path ?? resolve(cwd, given)} is not a file${hintFor(resolve(cwd, given))}; ` +
        "name it as path[:export]",
      { code: "UWSGI_APP_NOT_FOUND" },
    );
  }
  return { path, exportName };
}

function findFile(path: string): string | undefined {
  if (isFile(path)) return path;
  try {
    return createRequire(path).resolve(path);
  } catch {
    // What a package of ES modules alone may have.
    const index = join(path, "index.mjs");
    return isFile(index) ? index : undefined;
  }
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function hintFor(path: string): string {
  return existsSync(path) ? ", and has no package.json with main, and no index.js" : "";
}
