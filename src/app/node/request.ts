/** The request of a Node application: an `IncomingMessage` of Node's own class, filled from the vars. */
import type { IncomingMessage } from "node:http";
import { MOUNTED, mountedTargetOf, routedTargetOf } from "../../environ/index.ts";
import { type AppRequest, sessionOf, type Shared, userOf } from "../../handler/index.ts";
import { rawHeadersOf } from "./headers.ts";
import type { RequestParts } from "./internals.ts";

/** A class of requests: Node's, or what a server was created with. */
export type RequestClass = new (socket: never) => IncomingMessage;

/** What a request has beside Node's own members. `session` and `user` are those of middleware, where it is there. */
export interface UwsgiParts extends Shared {
  /** The same request as it is for other interfaces: `environ` (the vars), `id`, `log`, `waitUntil`. */
  uwsgi: AppRequest;
  /** Of a mounted application the target above its mount point, and whole, as Express' `app.use` has them. */
  baseUrl?: string;
  originalUrl?: string;
}

/**
 * Makes the request. `httpVersion` is 1.1, or 1.0 where the client said so: whoever finds a 2 expects a message of
 * another class. What the client speaks is in `req.uwsgi.environ.SERVER_PROTOCOL`.
 */
export function newRequest(Class: RequestClass, request: AppRequest, socket: object): RequestParts {
  const req = new Class(socket as never) as RequestParts & UwsgiParts;
  const { environ } = request;
  const isOld = environ.SERVER_PROTOCOL === "HTTP/1.0";
  req.httpVersionMajor = 1;
  req.httpVersionMinor = isOld ? 0 : 1;
  req.httpVersion = isOld ? "1.0" : "1.1";
  req.method = environ.REQUEST_METHOD;
  const target = routedTargetOf(environ);
  if (environ[MOUNTED] === undefined) req.url = target;
  else {
    const { base, below } = mountedTargetOf(environ);
    req.url = below;
    req.baseUrl = base;
    req.originalUrl = target;
  }
  const raw = rawHeadersOf(environ);
  req._addHeaderLines(raw, raw.length);
  // Behind the headers: what comes to a complete message is a trailer.
  if (request.body.length === 0) req.complete = true;
  req.uwsgi = request;
  const session = sessionOf(environ);
  if (session !== undefined) req.session = session;
  const user = userOf(environ);
  if (user !== undefined) req.user = user;
  return req;
}
