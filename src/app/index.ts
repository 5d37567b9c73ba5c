/**
 * Application interfaces: what users write becomes a `Handler`.
 *
 * Read first: `interfaces.ts` (which there are), then in each folder the file of its name: `wsgi/` (the gateway
 * interface of PEP 3333), `node/` (`(req, res)`), `fetch/` (`(request) => Response`).
 * `load.ts` finds an application in a module. Not here: the server.
 */
export type { FetchContext, FetchEnv } from "./fetch/fetch-env.ts";
export type { FetchApplication, FetchFunction } from "./fetch/fetch-handler.ts";
export { fetchHandler } from "./fetch/fetch-handler.ts";
export { type Application, type InterfaceName, toHandler } from "./interfaces.ts";
export { loadApplication, type LoadedApplication } from "./load.ts";
export { type NodeApplication, type NodeFunction, nodeHandler } from "./node/node-handler.ts";
export { wsgi } from "./wsgi/wsgi.ts";
export type { FileBody } from "./wsgi/file-body.ts";
export type { WsgiFile } from "./wsgi/file-source.ts";
export type {
  StartResponse,
  Write,
  WsgiApplication,
  WsgiBody,
  WsgiClass,
  WsgiEnviron,
  WsgiErrors,
  WsgiFunction,
  WsgiInput,
  WsgiMiddleware,
  WsgiObject,
  WsgiOptions,
} from "./wsgi/types.ts";
