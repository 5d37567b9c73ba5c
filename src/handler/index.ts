/**
 * The contract between servers and applications. Pure.
 *
 * Read `handler.ts` first: request in, response out. `direct.ts` is for applications that write their answers
 * themselves, `as-handler.ts` makes the one of the other; `middleware.ts` is for what stands around applications, with
 * `shared.ts` (what it leaves for them) and `response.ts`; `plugin.ts` is the level below, for what answers packets.
 * `known-headers.ts` holds what both sides know of response headers. Not here: the application interfaces (`app`) and
 * the server.
 */
/** @internal For `testing`. */
export { AnswerStream } from "./answer-stream.ts";
export { asHandler } from "./as-handler.ts";
/** @internal For `middleware`. */
export { layersOf, stack, watched } from "./compose.ts";
export { compose, surround } from "./compose.ts";
export { describeThrown } from "./describe-thrown.ts";
export type { DirectAnswer, DirectHandler } from "./direct.ts";
export { statusOf, statusOfCode } from "./error-status.ts";
export type { AppRequest, AppResponse, BodyChunk, Handler, RequestBody, ResponseBody } from "./handler.ts";
export { knownHeader } from "./known-headers.ts";
export type { Lifecycle } from "./lifecycle.ts";
export { type Middleware, titled } from "./middleware.ts";
/** @internal For `app` and `middleware`. */
export { PassedRequest } from "./passed-request.ts";
export type { AboutRequest, ByteStream, Exchange, Plugin, RunningAnswer } from "./plugin.ts";
export { plausibleId } from "./plausible-id.ts";
export { isPromiseLike, whenThere } from "./promise-like.ts";
export {
  discard,
  headerOf,
  isPlainList,
  isStreamed,
  onResponse,
  replacedBody,
  type StreamedBody,
  varyOn,
  withoutHeader,
} from "./response.ts";
export { type Identity, type Session, sessionOf, type Shared, userOf } from "./shared.ts";
