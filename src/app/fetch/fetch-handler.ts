/** A fetch handler, `(request) => Response`, -> a `Handler`. */
import { remoteOf } from "../../environ/index.ts";
import { contractError } from "../../errors.ts";
import { type AppRequest, type AppResponse, type Handler, isPromiseLike } from "../../handler/index.ts";
import { answerOf } from "./answer.ts";
import { areGlobalsFast } from "./fast-globals.ts";
import { FastRequest } from "./fast-request.ts";
import { type FetchContext, type FetchEnv, type FetchRequest, RequestContext, RequestEnv } from "./fetch-env.ts";
import { platform } from "./platform.ts";
import { platformRequest } from "./platform-request.ts";
import { originOf, urlOf } from "./request-url.ts";

export type FetchFunction = (
  request: FetchRequest,
  env: FetchEnv,
  context: FetchContext,
) => Response | PromiseLike<Response>;

/** A function, or what a module exports as default: an object with `fetch`, which is called as its method. */
export type FetchApplication = FetchFunction | { readonly fetch: FetchFunction };

/**
 * Makes a handler of a fetch application. Throws an AppError (`UWSGI_APP_CONTRACT`) for what is none.
 *
 * A request whose Host is none is answered with a 400, one of a method that no `Request` can have (CONNECT, TRACE,
 * TRACK) with a 501; the application does not see them.
 */
export function fetchHandler(application: FetchApplication): Handler {
  const call = callOf(application);
  return (request) => {
    const { environ } = request;
    const method = methodOf(environ.REQUEST_METHOD);
    if (method === undefined) return refusal(501, "Not Implemented");
    const origin = originOf(environ);
    if (origin === undefined) return refusal(400, "Bad Request");
    const given = requestOf(request, method, origin);
    const returned = call(given, new RequestEnv(request), new RequestContext(request));
    return isPromiseLike(returned) ? answerLater(returned, request) : answer(returned, request);
  };
}

/** Ours only where an application can do with it all that it can do with the platform's. */
function requestOf(request: AppRequest, method: string, origin: string): FetchRequest {
  if (areGlobalsFast()) return new FastRequest(request, method, origin) as unknown as FetchRequest;
  const given = platformRequest(platform().Request, request, method, urlOf(origin, request.environ));
  const extras: PropertyDescriptorMap = {
    ip: { value: remoteOf(request.environ).address, configurable: true },
    waitUntil: { value: (work: PromiseLike<unknown>) => request.waitUntil(work), configurable: true },
  };
  return Object.defineProperties(given, extras) as FetchRequest;
}

function answer(returned: unknown, request: AppRequest): AppResponse | Promise<AppResponse> {
  return request.isUpgraded ? UPGRADED : answerOf(returned, request);
}

async function answerLater(returned: PromiseLike<unknown>, request: AppRequest): Promise<AppResponse> {
  return answer(await returned, request);
}

/** Not looked at. */
const UPGRADED: AppResponse = { status: 204, headers: [], body: null };

function refusal(status: number, reason: string): AppResponse {
  return { status, headers: [["Content-Type", "text/plain; charset=utf-8"]], body: `${status} ${reason}\n` };
}

/**
 * Methods that are written in upper case, and those that are not for requests to have (Fetch 2.2.1); all others are
 * as they are sent.
 */
const methods: ReadonlyMap<string, string | undefined> = new Map([
  ...["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"].map((name) => [name, name] as const),
  ...["delete", "get", "head", "options", "post", "put"].map((name) => [name, name.toUpperCase()] as const),
]);

function methodOf(given: string): string | undefined {
  const known = methods.get(given);
  if (known !== undefined) return known;
  const upper = given.toUpperCase();
  if (upper === "CONNECT" || upper === "TRACE" || upper === "TRACK") return undefined;
  return methods.get(upper.toLowerCase()) ?? given;
}

function callOf(application: FetchApplication): (...args: Parameters<FetchFunction>) => unknown {
  if (typeof application === "function") return application;
  const found: unknown = (application as { readonly fetch?: unknown } | null | undefined)?.fetch;
  if (typeof found === "function") return (...args) => application.fetch(...args);
  const what = application === null ? "null" : `a ${typeof application}`;
  throw contractError(
    `the application is ${what} without fetch, a function or an object with a method fetch is needed`,
  );
}
