/** The interfaces that an application may have, by name, and how each becomes something that a server can call. */
import type { DirectHandler, Handler } from "../handler/index.ts";
import { typeError } from "../errors.ts";
import { fetchHandler, type FetchApplication } from "./fetch/fetch-handler.ts";
import type { InterfaceName } from "./interface-name.ts";
import { nodeHandler, type NodeApplication } from "./node/node-handler.ts";
import { type HandlerApplication, readHandler } from "./wrapped.ts";
import type { WsgiApplication, WsgiOptions } from "./wsgi/types.ts";
import { wsgi } from "./wsgi/wsgi.ts";

/** An application of any interface. */
export type Application = WsgiApplication | NodeApplication | FetchApplication | HandlerApplication;

/**
 * What a server calls. Throws an AppError (`UWSGI_APP_CONTRACT`) for what is not of that interface; and as `wsgi` for
 * its options, a TypeError (`UWSGI_INVALID_ARGUMENT`) where they are given for another interface.
 */
export function toHandler(
  application: Application,
  name: InterfaceName,
  wsgiOptions?: WsgiOptions,
): Handler | DirectHandler {
  if (name === "wsgi") return wsgi(application as WsgiApplication, wsgiOptions);
  if (name === "handler") return readHandler(application as HandlerApplication);
  if (wsgiOptions !== undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `options for WSGI applications were given, the application is ${name}`);
  }
  return name === "node" ? nodeHandler(application as NodeApplication) : fetchHandler(application as FetchApplication);
}
