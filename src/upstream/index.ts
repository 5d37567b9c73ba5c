/**
 * Several servers as one: who is there, and who gets which request.
 *
 * Of subscription (packet 224), by which nodes come and go by themselves, in `subscription/`; read first:
 * `announcement.ts` (what is said), then one side:
 *
 *     encode-subscription.ts, signature.ts        the bytes, as uWSGI writes and signs them
 *     announce-options.ts, announce.ts, server-announcer.ts    we tell routers; subscribe-syntax.ts reads uWSGI's command line
 *     decode-subscription.ts, node-rule.ts, datagram-budget.ts    what may come in
 *     subscription-table.ts                       who is there; pure
 *     subscription-options.ts, subscription-server.ts    we are told
 *     request-keys.ts, subscribed-upstreams.ts    which nodes get a request
 *
 * Not here: HTTP in front (`gateway`), one address (`client`).
 */
export { announce, Announcer } from "./subscription/announce.ts";
export type { AnnounceOptions } from "./subscription/announce-options.ts";
export type { Announcement, ReceivedAnnouncement } from "./subscription/announcement.ts";
export { decodeSubscription } from "./subscription/decode-subscription.ts";
export { encodeSubscription, type EncodeSubscriptionOptions } from "./subscription/encode-subscription.ts";
export type { NodeRuleOptions } from "./subscription/node-rule.ts";
export type { RequestKeyOptions } from "./subscription/request-keys.ts";
export { ServerAnnouncer, type ServerSubscription } from "./subscription/server-announcer.ts";
export type { SignCheckOptions, SignOptions } from "./subscription/signature.ts";
export { parseSubscribe2, parseSubscribeTo } from "./subscription/subscribe-syntax.ts";
export {
  type NodeSet,
  type SubscribedNodeInit,
  type SubscribedTo,
  subscribedTo,
  SubscribedUpstreams,
  type SubscribedUpstreamsOptions,
} from "./subscription/subscribed-upstreams.ts";
export type { SubscriptionServerOptions } from "./subscription/subscription-options.ts";
export { type SubscriptionCounts, SubscriptionServer } from "./subscription/subscription-server.ts";
export type {
  SubscribedNode,
  SubscriptionChange,
  SubscriptionTableOptions,
} from "./subscription/subscription-table.ts";
