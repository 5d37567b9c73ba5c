/**
 * The contract between servers and applications. Pure types: no code runs here.
 *
 * Read `handler.ts` first: request in, response out. `plugin.ts` is the level below, for what
 * writes its own bytes. Not here: the application interfaces (`app`) and the server.
 */
export type { AppRequest, AppResponse, BodyChunk, Handler, RequestBody, ResponseBody } from "./handler.ts";
export type { Lifecycle } from "./lifecycle.ts";
export type { AboutRequest, ByteStream, Exchange, Plugin } from "./plugin.ts";
