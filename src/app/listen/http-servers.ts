/** Which servers are HTTP servers, and what answers their requests. */
import { Server as HttpServer } from "node:http";
import { Server as HttpsServer } from "node:https";
import { Server } from "node:net";

/** Those of node:http2 are classes that it does not export. */
const HTTP2_NAMES: ReadonlySet<string> = new Set(["Http2Server", "Http2SecureServer"]);

/** True for servers of node:http, node:https and node:http2; false for plain ones of node:net and node:tls. */
export function isHttpServer(value: unknown): value is HttpServer {
  if (!(value instanceof Server)) return false;
  return value instanceof HttpServer || value instanceof HttpsServer || hasName(value);
}

function hasName(value: Server): boolean {
  for (let above: unknown = value; above instanceof Server; above = Object.getPrototypeOf(above)) {
    if (HTTP2_NAMES.has(above.constructor.name)) return true;
  }
  return false;
}

/**
 * True when both answer requests by the same function: a framework that listens on `localhost` makes a server for
 * each of its addresses, and `app.listen` makes a server around an application that is exported as well.
 * `application` is a server, or a request listener.
 */
export function answersAs(server: HttpServer, application: unknown): boolean {
  if (server === application) return true;
  const listeners: readonly unknown[] = server.listeners("request");
  const answering: readonly unknown[] = isHttpServer(application) ? application.listeners("request") : [application];
  return listeners.some((listener) => answering.some((other) => listener === other || areKoas(listener, other)));
}

/** Koa makes a new listener each time that it is asked for one. */
function areKoas(listener: unknown, other: unknown): boolean {
  return typeof listener === "function" && listener.name === "handleRequest" && String(listener) === String(other);
}
