/**
 * Application interfaces: what users write becomes a `Handler`.
 *
 * Read first: `wsgi-types.ts` (the gateway interface), then `wsgi.ts` (how a call becomes a response).
 * `load.ts` finds an application in a module. Not here: the server.
 */
export { loadApplication, type LoadedApplication } from "./load.ts";
export { wsgi } from "./wsgi.ts";
export type { WsgiErrors } from "./wsgi-errors.ts";
export type { WsgiInput } from "./wsgi-input.ts";
export type {
  StartResponse,
  Write,
  WsgiApplication,
  WsgiBody,
  WsgiClass,
  WsgiEnviron,
  WsgiFunction,
} from "./wsgi-types.ts";
