/** Finds an application by name: `path[:export]`. */
import { AppError } from "../../errors.ts";
import { isPromiseLike, type Lifecycle } from "../../handler/index.ts";
import type { InterfaceName } from "../interface-name.ts";
import type { Application } from "../interfaces.ts";
import {
  applicationNames,
  type ByHand,
  detect,
  type Detection,
  type Exports,
  holdersOf,
  interfaceTitles,
} from "./detect.ts";
import { importModule } from "./import-module.ts";
import { nest } from "./lifecycles.ts";
import { hooksOf } from "./module-hooks.ts";
import { readModulePath } from "./module-path.ts";
import { recognise } from "./recognise.ts";

export interface LoadedApplication {
  /** Ready for `toHandler`, with `interface`. */
  readonly application: Application;
  readonly interface: InterfaceName;
  /** Absolute path of the module. */
  readonly path: string;
  /** Name of the export that was taken. */
  readonly exportName: string;
  /** For people: "the default export is a Koa application: Node handler". */
  readonly why: string;
  /**
   * What the module exports as `start`, `ready`, `drain` and `stop`, bound to what it is exported by; and within
   * these what its framework wants done, such as Fastify's `ready()` and `close()`.
   */
  readonly lifecycle: Lifecycle;
}

/**
 * Loads `path[:export]`, relative to `cwd`; ESM and CommonJS, and TypeScript where the runtime or the optional
 * package `tsx` reads it. What the export is is found out by `detect`, unless `name` is given. The module is
 * imported, not run as main, and what listens in it does listen.
 *
 * Rejects with an AppError: `UWSGI_APP_NOT_FOUND` (no such file or export; says what is there), `UWSGI_APP_CONTRACT`
 * (the application or a hook is of a wrong type) or `UWSGI_APP_LOAD_FAILED` (`cause` has what was thrown).
 */
export async function loadApplication(
  name: string,
  cwd: string = process.cwd(),
  interfaceName?: InterfaceName,
): Promise<LoadedApplication> {
  const { path, exportName } = readModulePath(name, cwd);
  const byHand = { exportName, interface: interfaceName };
  const exports = await settle(await importModule(path), path, byHand);
  return loadedFrom(exports, path, detect(exports, byHand) ?? refuse(exports, path, byHand));
}

/** The application of an export with all that belongs to it. */
export function loadedFrom(exports: Exports, path: string, detection: Detection): LoadedApplication {
  const { application, interface: name, exportName, why } = detection;
  const lifecycle = nest(hooksOf(exports, path, detection), detection.lifecycle);
  return { application, interface: name, path, exportName, why, lifecycle };
}

/** The exports with what they promise in its place, as far as that may be an application. */
export async function settle(exports: Exports, path: string, { exportName }: ByHand): Promise<Exports> {
  const settled: Record<string, unknown> = {};
  for (const name of exportName === undefined ? applicationNames : [exportName]) {
    const value = exports[name];
    // Fastify's applications have a method `then`.
    if (!isPromiseLike(value) || recognise(value) !== undefined) continue;
    try {
      settled[name] = await value;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new AppError(`export ${name} of ${path} is a promise that was rejected: ${reason}`, {
        code: "UWSGI_APP_LOAD_FAILED",
        cause: error,
      });
    }
  }
  return Object.keys(settled).length === 0 ? exports : { ...exports, ...settled };
}

/** Throws for exports without an application, and says what is there. */
export function refuse(exports: Exports, path: string, byHand: ByHand): never {
  const { exportName = "application" } = byHand;
  const [holder] = holdersOf(exports, exportName);
  if (holder === undefined) {
    throw new AppError(
      `${path} has no export ${exportName}, it has ${namesOf(exports)}; ` +
        `export the application as "${exportName}" or name another: ${path}:NAME`,
      { code: "UWSGI_APP_NOT_FOUND" },
    );
  }
  const found = holder[exportName];
  const needed = byHand.interface === undefined ? NEEDED : `${NEEDED}, as ${interfaceTitles[byHand.interface]}`;
  throw new AppError(`export ${exportName} of ${path} is ${found === null ? "null" : typeof found}, ${needed}`, {
    code: "UWSGI_APP_CONTRACT",
  });
}

const NEEDED = "a function, a class, a server or a framework's application is needed";

/** Names of the exports, for people. */
export function namesOf(exports: Exports): string {
  const seen = Object.keys(exports).filter((key) => key !== "__esModule" && key !== "module.exports");
  return seen.length === 0 ? "none" : seen.join(", ");
}
