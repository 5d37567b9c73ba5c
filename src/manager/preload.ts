/** Imports modules as `node --import` does, but when we want: a worker that shall not be root imports nothing before. */
import { join } from "node:path";
import { constants, Script } from "node:vm";
import { AppError } from "../errors.ts";

/** Names of packages are looked for from the folder of the process, paths are relative to it. Rejects with an AppError. */
export async function preload(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  // The only way to have a name looked for from another place than this file, in the way of import.
  const importFrom = new Script("(name) => import(name)", {
    filename: join(process.cwd(), "preload.js"),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }).runInThisContext() as (name: string) => Promise<unknown>;
  for (const name of names) {
    try {
      await importFrom(name);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new AppError(`preload ${name} failed to load: ${reason}`, { code: "UWSGI_APP_LOAD_FAILED", cause: error });
    }
  }
}
