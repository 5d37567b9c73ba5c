/** The short way: an application, an address, done. */
import {
  type Application,
  asServed,
  type FetchApplication,
  type FrameworkApplication,
  hintFor,
  installFastGlobals,
  type InterfaceName,
  interfacesOf,
  type NodeApplication,
  toHandler,
  type WsgiApplication,
  type WsgiOptions,
} from "./app/index.ts";
import { type Address, checkEffect, formatAddress, parseAddress } from "./connection/index.ts";
import { announceFailed, exchangeError, type ExchangeError } from "./diagnostics.ts";
import { AppError, typeError } from "./errors.ts";
import { type Lifecycle, type Middleware, surround } from "./handler/index.ts";
import { type LogOptions, logServer, plainRecord, recordLogOf } from "./log/index.ts";
import { pingPlugin } from "./plugins/index.ts";
import { type HttpOptions, httpPlugin, Server, type ServerOptions } from "./server/index.ts";
import type { ServerAnnouncer, ServerSubscription } from "./upstream/index.ts";

export interface ServeOptions extends Omit<ServerOptions, "plugins" | "beforeClose">, HttpOptions {
  /** Where to listen: a socket path, `host:port`, or several; see `parseAddress`. */
  readonly socket: string | readonly (string | Address)[];
  /** What to log, where, and in which format. Default: errors to standard error, no access log. `false`: nothing. */
  readonly log?: LogOptions | false;
  /**
   * Hooks of the application. `start` is called before anything listens, `ready` once all sockets listen, `drain`
   * when the server begins to close, `stop` when the last request has ended. All are waited for; `drain` and `stop`
   * for `graceMs` each at most.
   */
  readonly lifecycle?: Lifecycle;
  /**
   * True: where the application is a fetch handler, the globals `Request`, `Response` and `fetch` are replaced by
   * such as cost less, for the whole process and for good; see `installFastGlobals`, which is better called before
   * the application is imported. Default false.
   */
  readonly fastGlobals?: boolean;
  /** What the environ says, and constants in it; see `WsgiOptions`. Only for WSGI applications. */
  readonly wsgi?: WsgiOptions;
  /** What stands around the application, the first outermost; see `uisge/middleware`. */
  readonly middleware?: readonly Middleware[];
  /**
   * Routers (uWSGI's fastrouter and http router, `SubscriptionServer`) that are told where the server listens, by packet
   * 224: once `ready` has ended, again every 10 s, and when it begins to close that no more requests shall come; see
   * `uisge/upstream`.
   */
  readonly subscribe?: readonly ServerSubscription[];
}

/** `interface`: what the application is. */
type As<Name extends InterfaceName> = ServeOptions & { readonly interface: Name };

/** The same, which need not be said. */
type Maybe<Name extends InterfaceName> = ServeOptions & { readonly interface?: Name };

/**
 * Serves an application, and pings (packet 100), on one or more sockets; resolves when it listens on all of them and
 * `ready` has ended. Close it with `close()` or `await using`.
 *
 * A plain function is a WSGI application, unless `interface` says `node` or `fetch`; servers of `node:http`, objects
 * with `fetch` and the applications of frameworks (Express, Koa, Fastify, Nest, hapi) are recognised. What a
 * framework does before it serves and at its end, such as Fastify's `ready()` and `close()`, belongs to `start` and
 * `stop`.
 *
 * Rejects as `Server.listen` does, or with an AppError: `UWSGI_APP_CONTRACT` for what is no application of that
 * interface, `UWSGI_APP_HOOK_FAILED` when `start` or `ready` fails; it then listens nowhere. What `start` has opened
 * is closed by `stop`, which is called unless `start` itself failed.
 */
export function serve(application: WsgiApplication, options: Maybe<"wsgi">): Promise<Server>;
export function serve(application: NodeApplication, options: As<"node">): Promise<Server>;
export function serve(application: FetchApplication, options: As<"fetch">): Promise<Server>;
export function serve(application: FrameworkApplication, options: Maybe<"node" | "fetch" | "handler">): Promise<Server>;
export function serve(application: Application, options: As<InterfaceName>): Promise<Server>;
export async function serve(application: unknown, options: Maybe<InterfaceName>): Promise<Server> {
  const sockets: readonly (string | Address)[] = typeof options.socket === "string" ? [options.socket] : options.socket;
  if (!Array.isArray(sockets) || sockets.length === 0) {
    throw typeError("UWSGI_INVALID_ARGUMENT", 'serve needs a socket to listen on, such as { socket: "/run/app.sock" }');
  }
  const { log = { errors: process.stderr } } = options;
  checkLifecycle(options.lifecycle ?? {});
  const served = asServed(application, options.interface, options.lifecycle);
  const { interface: name, lifecycle } = served;
  const handler = surround(toHandler(served.application, name, options.wsgi), options.middleware);
  const addresses = sockets.map((socket) => (typeof socket === "string" ? parseAddress(socket) : socket));
  checkEffect(addresses, options);
  const hasFetch = interfacesOf(served.application, name).includes("fetch");
  if (hasFetch && options.fastGlobals === true) installFastGlobals();
  const announcer = options.subscribe && (await makeAnnouncer(options.subscribe, addresses));
  const server = new Server({
    ...options,
    lifecycle,
    plugins: [httpPlugin(handler, options), pingPlugin()],
    ...(announcer === undefined ? {} : { beforeClose: () => announcer.close() }),
  });
  const stopLog = log === false ? (): void => {} : logServer(server, log);
  void server.closed.then(stopLog);
  if (log !== false) hintOnFailure(server, name, log);
  try {
    await hook("start", () => lifecycle.start?.());
  } catch (error) {
    // Not by closing the server, which would call `stop`.
    stopLog();
    throw error;
  }
  try {
    for (const address of addresses) await server.listen(address);
    await hook("ready", () => lifecycle.ready?.(server.addresses.map(formatAddress)));
    announcer?.start(server.addresses, (error) => announceFailed.publish({ server, error }));
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

/** Loads what only those need who announce themselves. */
async function makeAnnouncer(
  subscriptions: readonly ServerSubscription[],
  addresses: readonly Address[],
): Promise<ServerAnnouncer> {
  const { ServerAnnouncer } = await import("./upstream/index.ts");
  return new ServerAnnouncer(subscriptions, addresses);
}

/** Says once, beside the first error that looks like it, that the application may be of another interface. */
function hintOnFailure(server: Server, name: InterfaceName, log: LogOptions): void {
  if (log.errors === undefined && log.logger === undefined) return;
  const listener = (message: ExchangeError): void => {
    const hint = message.server === server ? hintFor(message.error, name) : undefined;
    if (hint === undefined) return;
    exchangeError.unsubscribe(listener);
    recordLogOf(log)?.write(plainRecord("error", "app:interface", hint));
  };
  exchangeError.subscribe(listener);
  void server.closed.then(() => exchangeError.unsubscribe(listener));
}

/** Runs a hook whose failure ends the start. */
async function hook(name: "start" | "ready", run: () => void | Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError(`the application's hook ${name} failed: ${reason}`, {
      code: "UWSGI_APP_HOOK_FAILED",
      cause: error,
    });
  }
}

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for a hook that cannot be called. */
function checkLifecycle(lifecycle: Lifecycle): void {
  for (const name of ["start", "ready", "drain", "stop"] as const) {
    const found: unknown = lifecycle[name];
    if (found === undefined || typeof found === "function") continue;
    throw typeError("UWSGI_INVALID_ARGUMENT", `lifecycle.${name} is ${typeof found}, a function is needed`);
  }
}
