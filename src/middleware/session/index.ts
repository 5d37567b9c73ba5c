/**
 * Sessions: what is kept of a client from request to request.
 *
 * Read `session.ts` first (the middleware), then `client-session.ts` (what applications see) and `visit.ts` (one request's
 * work). `step.ts`, `lifetime.ts`, `record.ts`, `json-value.ts`, `cookie.ts` and `answer-headers.ts` decide, and are pure.
 * `keeper.ts` says what keeps sessions: `sealed-keeper.ts` in the cookie (`seal.ts`), `store-keeper.ts` in a store
 * (`store-access.ts`, `memory-store.ts`, `keyv.ts`). Not here: who logs in (`auth`).
 */
export type { Session } from "../../handler/index.ts";
export type { SessionOptions } from "./options.ts";
export { session, type SessionMiddleware } from "./session.ts";
export type { SessionStore } from "./session-store.ts";
