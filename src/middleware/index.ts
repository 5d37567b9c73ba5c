/**
 * What stands around applications, of any interface: `Handler` in, `Handler` out.
 *
 * `handler/middleware.ts` has the contract. Each folder here is one middleware, or a family, with an `index.ts` that
 * can be imported alone (`uisge/middleware/session`). `compose/` is here as it is: lists, conditions (`when.ts`), mount
 * points (`mount.ts`), WSGI and Connect middleware around anything, and the other way round (`as-listener.ts`); its
 * `node/` is what it does with Node's requests and responses.
 */
export { wrap, type WrapOptions, type WrappedApplication } from "../app/index.ts";
export {
  type AppRequest,
  type AppResponse,
  compose,
  discard,
  type Handler,
  headerOf,
  type Identity,
  type Middleware,
  onResponse,
  replacedBody,
  type Session,
  sessionOf,
  titled,
  userOf,
  varyOn,
} from "../handler/index.ts";
export { middlewareByName, middlewareListByName, middlewareNames } from "./by-name.ts";
export { asListener, type Listener, type ListenerOptions } from "./compose/as-listener.ts";
export type { Condition, RequestCondition } from "./compose/condition.ts";
export { connectMiddleware } from "./compose/connect.ts";
export { mount, type Mountable, type MountEntry } from "./compose/mount.ts";
export type { ConnectErrorFunction, ConnectFunction, Next } from "./compose/node/chain.ts";
export { when } from "./compose/when.ts";
export { wsgiMiddleware } from "./compose/wsgi-middleware.ts";
