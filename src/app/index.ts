/**
 * Application interfaces: what users write becomes a `Handler`.
 *
 * Read first: `interfaces.ts` (which there are), then in each folder the file of its name: `wsgi/` (the gateway
 * interface of PEP 3333), `lint/` (both sides of it checked), `node/` (`(req, res)`), `fetch/` (`(request) =>
 * Response`). `load/` finds an application in a module, `listen/` hears it listen. Not here: the server.
 */
export { installFastGlobals } from "./fetch/fast-globals.ts";
export type { FetchContext, FetchEnv, FetchRequest } from "./fetch/fetch-env.ts";
export type { FetchApplication, FetchFunction } from "./fetch/fetch-handler.ts";
export { fetchHandler } from "./fetch/fetch-handler.ts";
/** @internal For `serve`, `cgi` and `testing`. */
export { asServed, checkInterface, type Served } from "./as-served.ts";
export type { InterfaceName } from "./interface-name.ts";
export { type Application, toHandler } from "./interfaces.ts";
export type { LintFault, LintOptions } from "./lint/faults.ts";
export { lint } from "./lint/lint.ts";
/** @internal For `middleware`. */
export { nest } from "./load/lifecycles.ts";
/** @internal For `config`. */
export { importModule } from "./load/import-module.ts";
export { loadApplication, type LoadedApplication } from "./load/load-application.ts";
export type { FrameworkApplication } from "./load/recognise.ts";
export { type RunningApplication, runApplication, type RunOptions } from "./load/run-application.ts";
/** @internal For `serve`. */
export { hintFor } from "./load/wrong-guess.ts";
export { type NodeApplication, type NodeFunction, nodeHandler } from "./node/node-handler.ts";
export { wrap, type WrapOptions } from "./wrap.ts";
export type { HandlerApplication, WrappedApplication } from "./wrapped.ts";
/** @internal For `serve`. */
export { interfacesOf } from "./wrapped.ts";
/** @internal For `middleware`. */
export { wrapped } from "./wrapped.ts";
export { asWsgi } from "./wsgi/as-wsgi.ts";
export { wsgiFunction } from "./wsgi/application.ts";
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
