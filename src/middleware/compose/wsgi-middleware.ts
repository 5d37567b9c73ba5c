/** Middleware of PEP 3333 as middleware of ours. */
import { asWsgi, wsgi, type WsgiMiddleware, type WsgiOptions } from "../../app/index.ts";
import { typeError } from "../../errors.ts";
import { type Middleware, titled } from "../../handler/index.ts";

/**
 * Puts WSGI middleware (application -> application) around an application of any interface. `options`: what the environ
 * says, as of `wsgi`. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no function; what comes of it throws an
 * AppError (`UWSGI_APP_CONTRACT`) where the function gives no application.
 */
export function wsgiMiddleware(middleware: WsgiMiddleware, options: WsgiOptions = {}): Middleware {
  if (typeof middleware !== "function") {
    throw typeError("UWSGI_INVALID_ARGUMENT", `WSGI middleware is ${typeof middleware}, a function is needed`);
  }
  const title = middleware.name === "" ? "WSGI middleware" : middleware.name;
  return titled(title, (next) => wsgi(middleware(asWsgi(next)), options));
}
