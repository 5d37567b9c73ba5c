/** The middleware: a session for each request, and what has become of it into the answer. */
import {
  type AppRequest,
  type AppResponse,
  type Handler,
  type Middleware,
  onResponse,
  titled,
} from "../../handler/index.ts";
import { ClientSession } from "./client-session.ts";
import { readSettings, type SessionOptions } from "./options.ts";

export interface SessionMiddleware extends Middleware {
  /** Closes the store, if it was opened by its URL. To be called when the server has ended (`stop`). */
  close(): Promise<void>;
}

/**
 * Gives applications a session for each client: `environ["uisge.session"]`, `req.session`, `env.session`.
 *
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for options that cannot be. Requests fail, and what they were answered is
 * not sent, with a UwsgiError when the store fails (`UWSGI_SESSION_STORE`), when more is kept than there is room for
 * (`UWSGI_SESSION_LIMIT`), and when a package is not installed (`UWSGI_PACKAGE_MISSING`).
 */
export function session(options: SessionOptions): SessionMiddleware {
  const settings = readSettings(options);
  const middleware = (next: Handler): Handler => {
    const onward = (request: AppRequest, found: ClientSession): AppResponse | Promise<AppResponse> =>
      onResponse(next(request), (response) => ClientSession.leave(found, response));
    return (request) => {
      const found = new ClientSession(request, settings);
      request.environ["uisge.session"] = found;
      const loading = settings.isEager ? ClientSession.preload(found) : undefined;
      return loading === undefined ? onward(request, found) : loading.then(() => onward(request, found));
    };
  };
  return Object.assign(titled("session", middleware), { close: () => settings.keeper.close() });
}
