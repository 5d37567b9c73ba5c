/**
 * What a value is, from its shape alone: frameworks are not imported, and each has methods that no other has. What is
 * recognised here is certain; a plain function is not, see `guess-function.ts`.
 */
import type { Server } from "node:http";
import { contractError } from "../../errors.ts";
import type { Lifecycle } from "../../handler/index.ts";
import type { FetchApplication, FetchFunction } from "../fetch/fetch-handler.ts";
import type { InterfaceName } from "../interface-name.ts";
import type { Application } from "../interfaces.ts";
import { isHttpServer } from "../listen/http-servers.ts";
import type { NodeApplication, NodeFunction } from "../node/node-handler.ts";
import { isWrapped, type WrappedApplication } from "../wrapped.ts";

/** An application that is ready to be given to `toHandler`. */
export interface Recognised {
  readonly application: Application;
  readonly interface: InterfaceName;
  /** For people, with its article: "an Express application". */
  readonly what: string;
  /** What the framework wants done before it serves, and at its end. */
  readonly lifecycle: Lifecycle;
}

/** What is recognised, as types see it: enough of each to tell it. */
export type FrameworkApplication =
  | WrappedApplication
  | Server
  | { readonly fetch: FetchFunction }
  // Express, Connect
  | (NodeFunction & { listen(...args: never[]): unknown })
  // Koa
  | { callback(): NodeFunction; readonly middleware: readonly unknown[] }
  // Fastify
  | { ready(): unknown; close(): unknown; readonly routing: unknown; readonly server: Server }
  // Nest
  | { getHttpServer(): unknown; init(): PromiseLike<unknown>; close(): PromiseLike<void> }
  // hapi
  | { readonly listener: Server; initialize(): PromiseLike<void>; stop(): PromiseLike<void> };

/** A framework's application, an HTTP server, or an object with `fetch`; undefined for all else. */
export function recognise(value: unknown): Recognised | undefined {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return undefined;
  for (const read of readers) {
    const found = read(value as Shape);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Something with properties, of which nothing is known. */
type Shape = Readonly<Record<string, unknown>>;

const readers: readonly ((value: Shape) => Recognised | undefined)[] = [
  (value) => (isWrapped(value) ? wrappedOne(value) : undefined),
  (value) => (isHttpServer(value) ? node("an HTTP server", value) : undefined),
  // Before those that it is built on: it passes on what it has not itself.
  readNest,
  readExpress,
  readKoa,
  readFastify,
  readHapi,
  (value) => (has(value, "fetch") ? fetching(value) : undefined),
  readWrapper,
];

/** Express, and Connect, on which it was built: functions themselves. */
function readExpress(value: Shape): Recognised | undefined {
  if (typeof value !== "function" || !has(value, "handle", "use", "listen")) return undefined;
  return node(has(value, "set") ? "an Express application" : "a Connect application", value);
}

function readKoa(value: Shape): Recognised | undefined {
  if (!has(value, "callback", "use") || !Array.isArray(value["middleware"])) return undefined;
  return node("a Koa application", call(value, "callback") as NodeFunction);
}

/** Its plugins are loaded by `ready`; its server has the listeners of requests and upgrades from the beginning. */
function readFastify(value: Shape): Recognised | undefined {
  if (!has(value, "ready", "routing", "close") || !isHttpServer(value["server"])) return undefined;
  return node("a Fastify application", value["server"], {
    start: async () => {
      await call(value, "ready");
    },
    stop: () => call(value, "close") as Promise<void>,
  });
}

function readNest(value: Shape): Recognised | undefined {
  if (!has(value, "getHttpServer", "init", "close")) return undefined;
  const server = call(value, "getHttpServer");
  // Without one it is a microservice.
  if (typeof server !== "function" && !isHttpServer(server)) return undefined;
  return node("a Nest application", server as NodeApplication, {
    start: async () => {
      await call(value, "init");
    },
    stop: () => call(value, "close") as Promise<void>,
  });
}

function readHapi(value: Shape): Recognised | undefined {
  if (!has(value, "initialize", "route", "stop") || !isHttpServer(value["listener"])) return undefined;
  return node("a hapi server", value["listener"], {
    start: () => call(value, "initialize") as Promise<void>,
    stop: () => call(value, "stop") as Promise<void>,
  });
}

/** Polka has its request listener as `handler`, Restify its server as `server`. */
function readWrapper(value: Shape): Recognised | undefined {
  if (typeof value === "function" || !has(value, "listen", "use")) return undefined;
  if (isHttpServer(value["server"])) return node("a framework's application with a server", value["server"]);
  const { handler } = value;
  if (typeof handler !== "function") return undefined;
  return node("a framework's application with a handler", handler.bind(value) as NodeFunction);
}

function wrappedOne(application: WrappedApplication): Recognised {
  return {
    application,
    interface: "handler",
    what: "an application with middleware",
    lifecycle: application.lifecycle,
  };
}

function fetching(value: Shape): Recognised {
  const name = nameOf(value);
  return {
    application: value as unknown as FetchApplication,
    interface: "fetch",
    what: name === undefined ? "an object with fetch" : `an object with fetch, of class ${name}`,
    lifecycle: {},
  };
}

function node(what: string, application: NodeApplication, lifecycle: Lifecycle = {}): Recognised {
  return { application, interface: "node", what, lifecycle };
}

function has(value: Shape, ...methods: readonly string[]): boolean {
  return methods.every((name) => typeof value[name] === "function");
}

function call(value: Shape, method: string): unknown {
  const found = value[method];
  if (typeof found !== "function") throw contractError(`${method} of the application is ${typeof found}, no function`);
  return found.call(value) as unknown;
}

/** Name of its class, where that says something. */
function nameOf(value: Shape): string | undefined {
  const { constructor } = value;
  const name = typeof constructor === "function" ? constructor.name : "";
  return name === "" || name === "Object" || name === "Function" ? undefined : name;
}
