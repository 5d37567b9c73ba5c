/** Finds an application by name: `path[:export]`. */
import { existsSync, statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { AppError } from "../errors.ts";
import type { Lifecycle } from "../handler/index.ts";
import type { WsgiApplication } from "./wsgi/types.ts";

export interface LoadedApplication {
  readonly application: WsgiApplication;
  /** Absolute path of the module. */
  readonly path: string;
  /** Name of the export that was taken. */
  readonly exportName: string;
  /** What the module exports as `start`, `ready`, `drain` and `stop`, bound to what it is exported by. */
  readonly lifecycle: Lifecycle;
}

/** The export that is looked for when none is named, as PEP 3333's servers do. */
const DEFAULT_EXPORT = "application";

/**
 * Loads `path[:export]`, relative to `cwd`; ESM and CommonJS, and TypeScript where the runtime or
 * the optional package `tsx` reads it. Rejects with an AppError: `UWSGI_APP_NOT_FOUND` (no such
 * file or export; says what is there), `UWSGI_APP_CONTRACT` (the application or a hook is no function) or
 * `UWSGI_APP_LOAD_FAILED` (`cause` has what was thrown).
 */
export async function loadApplication(name: string, cwd: string = process.cwd()): Promise<LoadedApplication> {
  const { path, exportName } = splitName(name, cwd);
  const exports = await importModule(path);
  // Own names only: every object has a `toString`.
  const holder = [exports, defaultOf(exports)].find((names) => names !== undefined && Object.hasOwn(names, exportName));
  const found = holder?.[exportName];
  if (found === undefined) {
    const seen = Object.keys(exports).filter((key) => key !== "__esModule" && key !== "module.exports");
    throw new AppError(
      `${path} has no export ${exportName}, it has ${seen.length === 0 ? "none" : seen.join(", ")}; ` +
        `export the application as "${exportName}" or name another: ${path}:NAME`,
      { code: "UWSGI_APP_NOT_FOUND" },
    );
  }
  if (typeof found !== "function") {
    throw new AppError(
      `export ${exportName} of ${path} is ${found === null ? "null" : typeof found}, a function or a class is needed`,
      { code: "UWSGI_APP_CONTRACT" },
    );
  }
  return { application: found as WsgiApplication, path, exportName, lifecycle: hooksOf(exports, path, exportName) };
}

/**
 * The hooks among the exports, or in the object that is the default export. The application itself is not looked
 * at: its methods are its own.
 */
function hooksOf(exports: Record<string, unknown>, path: string, exportName: string): Lifecycle {
  const holders = [exports, exportName === "default" ? undefined : defaultOf(exports)];
  const hooks: Record<string, unknown> & Lifecycle = {};
  for (const name of ["start", "ready", "drain", "stop"]) {
    if (name === exportName) continue;
    const holder = holders.find((names) => names?.[name] !== undefined);
    const found = holder?.[name];
    if (found === undefined) continue;
    if (typeof found !== "function") {
      throw new AppError(
        `export ${name} of ${path} is ${found === null ? "null" : typeof found}: a hook of that name is called when ` +
          "the server starts or stops, a function is needed; give it another name if it is none",
        { code: "UWSGI_APP_CONTRACT" },
      );
    }
    hooks[name] = found.bind(holder);
  }
  return hooks;
}

function splitName(name: string, cwd: string): { path: string; exportName: string } {
  const colon = name.lastIndexOf(":");
  const whole = resolve(cwd, name);
  // A file whose name has a colon is that file.
  const isWhole = colon <= 0 || existsSync(whole);
  const path = isWhole ? whole : resolve(cwd, name.slice(0, colon));
  const exportName = isWhole ? DEFAULT_EXPORT : name.slice(colon + 1);
  if (!existsSync(path) || !statSync(path).isFile() || exportName === "") {
    throw new AppError(`no application ${JSON.stringify(name)}: ${path} is not a file; name it as path[:export]`, {
      code: "UWSGI_APP_NOT_FOUND",
    });
  }
  return { path, exportName };
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  try {
    if (/^\.[cm]?tsx?$/.test(extname(path))) await readTypeScript(path);
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
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

/** The `module.exports` of a CommonJS module whose names Node did not find. */
function defaultOf(exports: Record<string, unknown>): Record<string, unknown> | undefined {
  const value = exports["default"];
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}
