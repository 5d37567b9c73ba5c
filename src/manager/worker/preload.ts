/** Imports modules as `node --import` does, but when we want: a worker that shall not be root imports nothing before. */
import Module from "node:module";
import { join } from "node:path";
import { AppError } from "../../errors.ts";

/** Makes a module of a text. Not documented, and older than `import`. */
interface Compiling {
  exports: unknown;
  _compile(text: string, path: string): void;
}

/** Names of packages are looked for from the folder of the process, paths are relative to it. Rejects with an AppError. */
export async function preload(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const importFrom = importerAt(join(process.cwd(), "preload.cjs"));
  for (const name of names) {
    try {
      await importFrom(name);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new AppError(`preload ${name} failed to load: ${reason}`, { code: "UWSGI_APP_LOAD_FAILED", cause: error });
    }
  }
}

/** An `import()` that looks from another place than this file, by the rules of `import`: a module there has it. */
function importerAt(path: string): (name: string) => Promise<unknown> {
  const module = new Module(path) as unknown as Compiling;
  // oxlint-disable-next-line no-underscore-dangle -- the name is Node's
  module._compile("module.exports = (name) => import(name);", path);
  return module.exports as (name: string) => Promise<unknown>;
}
