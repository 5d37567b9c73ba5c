/** What an application is served as: for whoever has the application itself, not a module of it. */
import { typeError } from "../errors.ts";
import type { Lifecycle } from "../handler/index.ts";
import type { InterfaceName } from "./interface-name.ts";
import type { Application } from "./interfaces.ts";
import { interfaceTitles } from "./load/detect.ts";
import { nest } from "./load/lifecycles.ts";
import { recognise } from "./load/recognise.ts";
import { refusingResponses } from "./load/wrong-guess.ts";
import type { NodeFunction } from "./node/node-handler.ts";

export interface Served {
  /** Ready for `toHandler`. */
  readonly application: Application;
  readonly interface: InterfaceName;
  /** The given hooks, and within them what the framework wants done before the first request, and at its end. */
  readonly lifecycle: Lifecycle;
}

/**
 * What is recognised by its shape (see `recognise`) is what it is; else the interface counts that is given, and a plain
 * function is a WSGI application. Throws as `checkInterface`; what is no application is for `toHandler` to refuse.
 */
export function asServed(application: unknown, given?: InterfaceName, lifecycle: Lifecycle = {}): Served {
  checkInterface(given);
  const recognised = recognise(application);
  if (recognised !== undefined && (given === undefined || given === recognised.interface)) {
    const { application: found, interface: name, lifecycle: inner } = recognised;
    return { application: found, interface: name, lifecycle: nest(lifecycle, inner) };
  }
  const name = given ?? "wsgi";
  const isNodeFunction = name === "node" && typeof application === "function";
  const found = isNodeFunction ? refusingResponses(application as NodeFunction) : application;
  return { application: found as Application, interface: name, lifecycle };
}

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for an interface that there is not. */
export function checkInterface(given: InterfaceName | undefined): void {
  if (given === undefined || Object.hasOwn(interfaceTitles, given)) return;
  throw typeError(
    "UWSGI_INVALID_ARGUMENT",
    `interface is ${JSON.stringify(given)}, there are ${Object.keys(interfaceTitles).join(", ")}`,
  );
}
