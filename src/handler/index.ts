/**
 * The contract between servers and applications. Pure.
 *
 * Read `handler.ts` first: request in, response out. `plugin.ts` is the level below, for what
 * writes its own bytes. `known-headers.ts` holds what both sides know of response headers. Not here: the
 * application interfaces (`app`) and the server.
 */
export type { AppRequest, AppResponse, BodyChunk, Handler, RequestBody, ResponseBody } from "./handler.ts";
export { knownHeader } from "./known-headers.ts";
export type { Lifecycle } from "./lifecycle.ts";
export type { AboutRequest, ByteStream, Exchange, Plugin } from "./plugin.ts";
export { isPromiseLike } from "./promise-like.ts";
