/**
 * What stands around applications, of any interface: `Handler` in, `Handler` out.
 *
 * `handler/middleware.ts` has the contract. Each folder here is one middleware, or a family, with an `index.ts` that
 * can be imported alone (`uisge/middleware/session`).
 */
export { wrap, type WrapOptions, type WrappedApplication } from "../app/index.ts";
export { compose, type Identity, type Middleware, type Session } from "../handler/index.ts";
