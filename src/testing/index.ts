/**
 * Applications in tests: a request without a socket, an answer as a client would get it.
 *
 * Read first: `inject.ts`. `inject-request.ts` is what can be asked, `injected-answer.ts` what comes back,
 * `memory-exchange.ts` what stands where the connection would be. Not here: rules. They are the server's own, which
 * is run on that exchange, so that the two cannot differ.
 */
export { type Ask, inject, type Inject, type InjectableApplication } from "./inject.ts";
export type { InjectBody, InjectRequest } from "./inject-request.ts";
export type { InjectedAnswer, InjectedRest, InjectedStream } from "./injected-answer.ts";
