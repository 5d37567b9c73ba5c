/**
 * The uwsgi server: accepts, dispatches by modifier1, ends well.
 *
 * Read first: `server.ts` (who owns what), then `http-plugin.ts` (a request becomes a `Handler` call)
 * and `response-writer.ts` (the rules of what goes out).
 * Not here: sockets (`connection`), application interfaces (`app`), other packet families (`plugins`).
 */
export { type Address, type CloseOptions, formatAddress, parseAddress } from "../connection/index.ts";
export type {
  AboutRequest,
  AppRequest,
  AppResponse,
  ByteStream,
  DirectAnswer,
  DirectHandler,
  Exchange,
  Handler,
  Lifecycle,
  Middleware,
  Plugin,
} from "../handler/index.ts";
export { asHandler } from "../handler/index.ts";
/** @internal For `cgi`. */
export { formatErrorResponse } from "./error-response.ts";
export { httpPlugin } from "./http-plugin.ts";
export type { ServerCounts } from "./counts.ts";
export { DEFAULT_GRACE_MS, type HttpOptions, type ServerOptions } from "./options.ts";
export type { RunningRequest } from "./running-requests.ts";
export { Server } from "./server.ts";
/** @internal For `cgi` and `testing`. */
export { SocketlessExchange } from "./socketless-exchange.ts";
