/** Any application as what answers requests: for whoever has the application itself, not a module of it. */
import { typeError } from "../errors.ts";
import type { DirectHandler, Handler, Lifecycle } from "../handler/index.ts";
import { type Application, type InterfaceName, toHandler } from "./interfaces.ts";
import { recognise } from "./load/recognise.ts";
import type { WsgiApplication, WsgiOptions } from "./wsgi/types.ts";
import { wsgi } from "./wsgi/wsgi.ts";

export interface Served {
  readonly handler: Handler | DirectHandler;
  readonly interface: InterfaceName;
  /** What the framework wants done before the first request, and at its end. */
  readonly lifecycle: Lifecycle;
}

const names: readonly unknown[] = ["wsgi", "node", "fetch"];

/**
 * What is recognised by its shape (see `recognise`) is what it is; else the interface counts that is given, and a plain function is a
 * WSGI application, which gets `options`. Throws an AppError (`UWSGI_APP_CONTRACT`) for what is no application of that
 * interface, a TypeError (`UWSGI_INVALID_ARGUMENT`) for an interface that there is not.
 */
export function asServed(application: unknown, given: InterfaceName | undefined, options: WsgiOptions = {}): Served {
  if (given !== undefined && !names.includes(given)) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `interface is ${JSON.stringify(given)}, there are ${names.join(", ")}`);
  }
  const recognised = recognise(application);
  if (recognised !== undefined && (given === undefined || given === recognised.interface)) {
    const { application: found, interface: name, lifecycle } = recognised;
    return { handler: toHandler(found, name), interface: name, lifecycle };
  }
  const name = given ?? "wsgi";
  const isWsgi = name === "wsgi";
  const handler = isWsgi ? wsgi(application as WsgiApplication, options) : toHandler(application as Application, name);
  return { handler, interface: name, lifecycle: {} };
}
