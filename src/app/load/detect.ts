/**
 * Finds the application among the exports of a module, and says what it is. Pure but for `callback()` of a Koa
 * application.
 */
import type { Lifecycle } from "../../handler/index.ts";
import type { FetchFunction } from "../fetch/fetch-handler.ts";
import type { InterfaceName } from "../interface-name.ts";
import type { Application } from "../interfaces.ts";
import type { NodeFunction } from "../node/node-handler.ts";
import type { WsgiApplication } from "../wsgi/types.ts";
import { guessFunction } from "./guess-function.ts";
import { type Recognised, recognise } from "./recognise.ts";

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>;

/** An application that was found, and why it was. */
export interface Detection {
  /** Ready for `toHandler`. */
  readonly application: Application;
  readonly interface: InterfaceName;
  readonly exportName: string;
  /** For people: "the default export is a Koa application: Node handler". */
  readonly why: string;
  /** What the framework wants done. */
  readonly lifecycle: Lifecycle;
  /** What is exported: an application that a framework has made something else of is not `application`. */
  readonly found: unknown;
}

/** Said by hand: nothing has to be found out. */
export interface ByHand {
  readonly exportName?: string | undefined;
  readonly interface?: InterfaceName | undefined;
}

/** How an interface is called where it is spoken of. */
export const interfaceTitles: Readonly<Record<InterfaceName, string>> = {
  wsgi: "WSGI",
  node: "Node handler",
  fetch: "fetch handler",
  handler: "handler",
};

/**
 * The exports that may be an application, best first. A server stands before the application that it may be made of,
 * for it may have listeners of upgrades.
 */
export const applicationNames: readonly string[] = ["application", "fetch", "default", "server", "app", "handler"];

/**
 * The first of `application`, `fetch`, the default export, `server`, `app`, `handler` that is an application;
 * undefined when none is. All but `fetch` may also be members of an object that is the default export, or
 * `module.exports`.
 *
 * What is recognised by its shape (frameworks, servers, objects with `fetch`) is what it is, under any name. A plain
 * function is a WSGI application when its name is `application`, a fetch handler when it is `fetch`; see
 * `guessFunction` for all others.
 */
export function detect(exports: Exports, byHand: ByHand = {}): Detection | undefined {
  const { exportName: named } = byHand;
  for (const exportName of named === undefined ? applicationNames : [named]) {
    // Of an object that is the default export `fetch` is a method: it is the object that is served.
    if (named === undefined && exportName === "fetch" && methodsOf(exports).fetch !== undefined) continue;
    for (const holder of holdersOf(exports, exportName)) {
      const classified = classify(exports, holder, exportName, byHand.interface);
      if (classified === undefined) continue;
      const [{ application, interface: name, lifecycle }, because] = classified;
      const subject = exportName === "default" ? "the default export" : `export ${exportName}`;
      const why = `${subject}${because}: ${interfaceTitles[name]}`;
      return { application, interface: name, exportName, why, lifecycle, found: holder[exportName] };
    }
  }
  return undefined;
}

/**
 * Where a name is looked for: among the exports, then in the object that is the default export. Own names only: every
 * object has a `toString`.
 */
export function holdersOf(exports: Exports, exportName: string): Exports[] {
  const holders = [exports, exports["default"]].filter((holder) => typeof holder === "object" && holder !== null);
  // An instance of a class has its methods from that.
  const has = (holder: Exports): boolean =>
    Object.hasOwn(holder, exportName) || (exportName === "application" && typeof holder[exportName] === "function");
  return (holders as Exports[]).filter((holder) => has(holder) && holder[exportName] !== undefined);
}

function methodsOf(exports: Exports): { readonly fetch?: unknown } {
  const { default: inner } = exports;
  return typeof inner === "object" && inner !== null ? inner : {};
}

/** What a value is, and the words that say so behind "export NAME". */
type Classified = readonly [found: Recognised, because: string];

function classify(
  exports: Exports,
  holder: Exports,
  exportName: string,
  byHand: InterfaceName | undefined,
): Classified | undefined {
  const value = holder[exportName];
  const recognised = recognise(value);
  if (byHand !== undefined) {
    const found = recognised?.interface === byHand ? recognised : asSaid(value, byHand);
    return found === undefined ? undefined : [found, ", by --interface"];
  }
  if (recognised !== undefined) return [recognised, ` is ${recognised.what}`];
  if (exportName === "application" && (typeof value === "function" || isWsgiObject(value))) {
    return [plain(boundTo(holder, exports, value), "wsgi"), ", by its name"];
  }
  if (typeof value !== "function") return undefined;
  if (exportName === "fetch") return [plain(boundTo(holder, exports, value), "fetch"), ", by its name"];
  const guess = guessFunction(value as (...args: never[]) => unknown);
  return [plain(value, guess.interface), ` is ${guess.what}`];
}

/** Undefined for what can never be of that interface. */
function asSaid(value: unknown, name: InterfaceName): Recognised | undefined {
  const isPossible = typeof value === "function" || (name === "wsgi" && isWsgiObject(value));
  return isPossible ? plain(value, name) : undefined;
}

function plain(value: unknown, name: InterfaceName): Recognised {
  return {
    application: value as WsgiApplication | NodeFunction | FetchFunction,
    interface: name,
    what: "",
    lifecycle: {},
  };
}

/** A method of an object is called as that. */
function boundTo(holder: Exports, exports: Exports, value: unknown): unknown {
  const isMethod = holder !== exports && typeof value === "function" && !/^class\b/.test(String(value));
  return isMethod ? (value.bind(holder) as unknown) : value;
}

function isWsgiObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as Exports)["application"] === "function";
}
