/**
 * Imports a module: ESM and CommonJS, and TypeScript where something reads it; as the main module, where that is
 * wanted.
 */
import Module from "node:module";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { AppError } from "../../errors.ts";
import type { Exports } from "./detect.ts";

/**
 * What the module exports; of a CommonJS module that was compiled from an ES module, what that had exported. Rejects
 * with an AppError (`UWSGI_APP_LOAD_FAILED`; `cause` has what was thrown).
 */
export async function importModule(path: string): Promise<Exports> {
  try {
    if (/^\.[cm]?tsx?$/.test(extname(path))) await readTypeScript(path);
    const exports = (await import(pathToFileURL(path).href)) as Exports;
    const inner = exports["default"] as Exports | null | undefined;
    return typeof inner === "object" && inner?.["__esModule"] === true ? inner : exports;
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    // What npm init writes today makes every .js a CommonJS module.
    const hint = reason.startsWith("Unexpected token 'export'")
      ? ' (a .js file with export needs "type": "module" in package.json, or the name .mjs)'
      : "";
    throw new AppError(`${path} failed to load: ${reason}${hint}`, { code: "UWSGI_APP_LOAD_FAILED", cause: error });
  }
}

/**
 * `load` reads and runs a CommonJS module. Not documented, and older than `import`; process managers build on it as
 * well.
 */
const loaders = Module.prototype as unknown as { load(this: LoadingModule, path: string): unknown };

interface LoadingModule {
  id: string;
}

/**
 * Lets the module that will be loaded from `path` find what it would find as `node path args...`: `process.argv`,
 * which ES modules compare with their own URL, and `require.main`. What Node alone can set, `import.meta.main`, stays
 * false.
 */
export function runAsMain(path: string, args: readonly string[]): void {
  process.argv.splice(1, process.argv.length, path, ...args);
  const { load } = loaders;
  loaders.load = function loadMain(file) {
    if (file === path) {
      loaders.load = load;
      this.id = ".";
      // Where `require.main` comes from.
      (process as { mainModule?: unknown }).mainModule = this;
    }
    return load.call(this, file);
  };
}

/** Makes the runtime read TypeScript: by tsx when it is installed, else by Node itself where it can. */
async function readTypeScript(path: string): Promise<void> {
  try {
    const [commonJs, esm] = await Promise.all([import("tsx/cjs/api"), import("tsx/esm/api")]);
    // Both: without "type": "module" beside it, a file.ts is CommonJS to Node, whatever its syntax.
    commonJs.register();
    esm.register();
  } catch (error) {
    const features = process.features as { readonly typescript?: string | false };
    if (typeof features.typescript === "string") return;
    throw new AppError(`${path} is TypeScript, which Node ${process.version} does not read: npm install tsx`, {
      code: "UWSGI_APP_LOAD_FAILED",
      cause: error,
    });
  }
}
