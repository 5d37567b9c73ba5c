/** Middleware around an application of any interface. */
import { type Middleware, surround } from "../handler/index.ts";
import { asServed } from "./as-served.ts";
import type { FetchApplication } from "./fetch/fetch-handler.ts";
import type { InterfaceName } from "./interface-name.ts";
import { type Application, toHandler } from "./interfaces.ts";
import type { FrameworkApplication } from "./load/recognise.ts";
import type { NodeApplication } from "./node/node-handler.ts";
import { interfacesOf, type WrappedApplication, wrapped } from "./wrapped.ts";
import type { WsgiApplication, WsgiOptions } from "./wsgi/types.ts";

export interface WrapOptions {
  /** What the application is. Default: what is recognised, as by `serve`; a plain function is `wsgi`. */
  readonly interface?: InterfaceName;
  /** What the environ says, and constants in it. Only for WSGI applications. */
  readonly wsgi?: WsgiOptions;
}

/** `interface`: what the application is. */
type As<Name extends InterfaceName> = WrapOptions & { readonly interface: Name };

/** The same, which need not be said. */
type Maybe<Name extends InterfaceName> = WrapOptions & { readonly interface?: Name };

/**
 * Puts middleware around an application, the first outermost. What comes of it can be exported by a module for `uisge
 * serve`, and given to `serve`, `runWithCgi`, `inject` and `wrap` as applications are; what a framework wants done
 * before it serves and at its end (Fastify's `ready`) goes with it.
 *
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no middleware, and an AppError (`UWSGI_APP_CONTRACT`) for
 * what is no application of that interface.
 */
export function wrap(
  application: WsgiApplication,
  middleware: readonly Middleware[],
  options?: Maybe<"wsgi">,
): WrappedApplication;
export function wrap(
  application: NodeApplication,
  middleware: readonly Middleware[],
  options: As<"node">,
): WrappedApplication;
export function wrap(
  application: FetchApplication,
  middleware: readonly Middleware[],
  options: As<"fetch">,
): WrappedApplication;
export function wrap(
  application: FrameworkApplication,
  middleware: readonly Middleware[],
  options?: Maybe<"node" | "fetch" | "handler">,
): WrappedApplication;
export function wrap(
  application: Application,
  middleware: readonly Middleware[],
  options: As<InterfaceName>,
): WrappedApplication;
export function wrap(
  application: unknown,
  middleware: readonly Middleware[],
  options: WrapOptions = {},
): WrappedApplication {
  const { application: found, interface: name, lifecycle } = asServed(application, options.interface);
  const handler = surround(toHandler(found, name, options.wsgi), middleware);
  return wrapped(handler, lifecycle, interfacesOf(found, name));
}
