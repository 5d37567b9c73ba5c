/**
 * uisge: the uwsgi protocol for Node.js.
 *
 * This is the table of contents. Most users need `serve`; everything else has a subpath of its own: `uisge/codec`
 * (packets), `uisge/environ` (what vars mean), `uisge/server`, `uisge/app`, `uisge/middleware`, `uisge/cgi`,
 * `uisge/testing`, `uisge/plugins`, `uisge/client`, `uisge/upstream` (several servers), `uisge/gateway` (HTTP and uwsgi in
 * front), `uisge/router`, `uisge/capture`, `uisge/doctor`, `uisge/diagnostics` (what happens).
 */
export type {
  FetchApplication,
  FetchContext,
  FetchEnv,
  FetchFunction,
  FrameworkApplication,
  HandlerApplication,
  InterfaceName,
  NodeApplication,
  NodeFunction,
  StartResponse,
  WsgiApplication,
  WsgiBody,
  WsgiEnviron,
  WsgiFunction,
  WsgiInput,
  WsgiMiddleware,
  WsgiOptions,
} from "./app/index.ts";
export {
  AppError,
  ConnectionError,
  type ErrorCode,
  LimitError,
  ProtocolError,
  TimeoutError,
  UpstreamError,
  UwsgiError,
} from "./errors.ts";
export { wrap, type WrappedApplication } from "./app/index.ts";
export type { AppRequest, AppResponse, Handler, Identity, Lifecycle, Middleware, Session } from "./handler/index.ts";
export type { AccessFormat, ErrorFormat, LogFormat, Logger, LogOptions } from "./log/index.ts";
export { serve, type ServeOptions } from "./serve.ts";
export type { Server } from "./server/index.ts";
