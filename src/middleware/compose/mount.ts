/** Several applications as one, each below a path. */
import {
  type Application,
  asServed,
  type FrameworkApplication,
  type InterfaceName,
  nest,
  wrap,
  type WrappedApplication,
  wrapped,
  type WsgiApplication,
  type WsgiOptions,
} from "../../app/index.ts";
import { typeError } from "../../errors.ts";
import {
  type AppRequest,
  type AppResponse,
  asHandler,
  type Handler,
  isPromiseLike,
  type Lifecycle,
  type Middleware,
  PassedRequest,
} from "../../handler/index.ts";
import { carryBack, movedBelow } from "./moved-environ.ts";
import { isBelow, readPath } from "./paths.ts";

/** An application with what is to be known of it. */
export interface MountEntry {
  readonly application: Application | FrameworkApplication;
  /** What it is. Default: what is recognised, as by `wrap`; a plain function is `wsgi`. */
  readonly interface?: InterfaceName;
  /** Around this application only, the first outermost. It sees the environ below the mount point. */
  readonly middleware?: readonly Middleware[];
  /** As of `wrap`. */
  readonly wsgi?: WsgiOptions;
}

/** An application as `wrap` takes it without options, or with them. */
export type Mountable = WsgiApplication | FrameworkApplication | MountEntry;

/**
 * Makes one application of several, by the paths below which they are: `{ "/api": api, "/": site }`. The longest path
 * counts that the request is at or below, by whole segments, decoded. Of a request that is below none the answer is a
 * 404.
 *
 * The path moves from PATH_INFO to SCRIPT_NAME (RFC 3875 4.1.13) in an environ of the application's own; what it leaves
 * in there beside is carried back. A Node application finds what is below as `req.url`, and `req.baseUrl` and
 * `req.originalUrl` as Express has them; a fetch application the URL without the path above. What an application wants
 * done before it serves and at its end is done once, however often it is mounted.
 *
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for a path that no request can have, and one that comes twice; and as
 * `wrap` for an application that is none.
 */
export function mount(table: Readonly<Record<string, Mountable>>): WrappedApplication {
  if (typeof table !== "object" || table === null) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "mount needs an object with paths and applications");
  }
  let lifecycle: Lifecycle = {};
  const known = new Set<unknown>();
  const interfaces = new Set<InterfaceName>();
  const points = new Map<string, Handler>();
  for (const [path, mountable] of Object.entries(table)) {
    const prefix = readPath("the path of a mount", path);
    if (points.has(prefix)) {
      throw typeError("UWSGI_INVALID_ARGUMENT", `two applications are mounted at ${JSON.stringify(path)}`);
    }
    const { application, middleware = [], ...options } = entryOf(mountable, path);
    const made = wrap(application as Application, middleware, options as { readonly interface: InterfaceName });
    points.set(prefix, typeof made.handler === "function" ? made.handler : asHandler(made.handler));
    for (const one of made.interfaces) interfaces.add(one);
    if (!known.has(application)) lifecycle = nest(lifecycle, made.lifecycle);
    known.add(application);
  }
  return wrapped(dispatch([...points].sort(([a], [b]) => b.length - a.length)), lifecycle, [...interfaces]);
}

type Point = readonly [prefix: string, handler: Handler];

/** The longest first. */
function dispatch(points: readonly Point[]): Handler {
  return (request) => {
    const { PATH_INFO: path } = request.environ;
    for (const [prefix, handler] of points) {
      if (isBelow(path, prefix))
        return prefix === "" ? handler(request) : new Passage(request, prefix).through(handler);
    }
    return NOT_FOUND;
  };
}

const NOT_FOUND: AppResponse = Object.freeze<AppResponse>({
  status: 404,
  headers: Object.freeze([Object.freeze(["Content-Type", "text/plain; charset=utf-8"] as const)]),
  body: "404 Not Found\n",
});

/** A request on its way through a mount point. */
class Passage extends PassedRequest {
  constructor(request: AppRequest, prefix: string) {
    super(request, movedBelow(request.environ, prefix));
  }

  through(handler: Handler): AppResponse | Promise<AppResponse> {
    let answer: AppResponse | Promise<AppResponse>;
    try {
      answer = handler(this);
    } catch (error) {
      this.comeBack();
      throw error;
    }
    if (isPromiseLike(answer)) return answer.finally(() => this.comeBack());
    this.comeBack();
    return answer;
  }

  private comeBack(): void {
    carryBack(this.environ, this.request.environ);
  }
}

const optionNames = ["interface", "middleware", "wsgi"] as const;

/** What stands under `application` may also be the method of a WSGI application that is an object. */
function entryOf(mountable: Mountable, path: string): MountEntry {
  const given = mountable as Partial<MountEntry>;
  const isHolder = typeof mountable === "object" && mountable !== null && Object.hasOwn(mountable, "application");
  if (!isHolder || isRecognised(mountable)) return { application: mountable as WsgiApplication };
  const hasOptions = optionNames.some((name) => given[name] !== undefined);
  if (!hasOptions && !isRecognised(given.application)) return { application: mountable as WsgiApplication };
  const unknown = Object.keys(mountable).find((name) => name !== "application" && !isOption(name));
  if (unknown !== undefined) {
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      `what is mounted at ${JSON.stringify(path)} has ${JSON.stringify(unknown)}, there are application, ${optionNames.join(", ")}`,
    );
  }
  return mountable as MountEntry;
}

function isOption(name: string): boolean {
  return (optionNames as readonly string[]).includes(name);
}

function isRecognised(application: unknown): boolean {
  return asServed(application).interface !== "wsgi";
}
