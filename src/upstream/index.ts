/**
 * Several servers as one: balance, health, retries, names that are resolved again and again; and subscription (packet
 * 224), by which nodes come and go by themselves.
 *
 * Read first: `upstream.ts` (what there is from outside) and `sending.ts` (one request through the nodes). What decides
 * is pure: `pool.ts` (who comes, goes, is up or down), `node.ts`, `picker.ts` and `choosers.ts` (whom of those that can
 * be asked), `failures.ts` and `retry-budget.ts` (whom else, and what is left at the end). What acts: `health-checks.ts`,
 * `resolution.ts`, `leased-body.ts` (in flight until the body has ended).
 *
 * Of `subscription/` read first: `announcement.ts` (what is said), then one side:
 *
 *     encode-subscription.ts, signature.ts    the bytes, as uWSGI writes and signs them
 *     announce.ts, server-announcer.ts        we tell routers; subscribe-syntax.ts reads uWSGI's command line
 *     decode-subscription.ts, node-rule.ts, datagram-budget.ts    what may come in
 *     subscription-table.ts                   who is there; pure
 *     subscription-server.ts                  we are told
 *     request-keys.ts, subscribed-upstreams.ts    which nodes get a request
 *
 * Not here: one request on one connection (`client`), HTTP in front (`gateway`).
 */
export { type ActiveHealth, defaultActiveHealth } from "./health-checks.ts";
export type { NodeInit } from "./node-init.ts";
export type { NodeView } from "./node-view.ts";
export type { Balance, RetryOptions, UpstreamOptions } from "./options.ts";
export { parseNode } from "./parse-node.ts";
export { defaultResolve, type Lookup, type ResolveOptions } from "./resolution.ts";
export type { BudgetOptions } from "./retry-budget.ts";
export { Upstream } from "./upstream.ts";
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
