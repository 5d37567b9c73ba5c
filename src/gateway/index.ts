/**
 * HTTP in front of uwsgi sockets, and uwsgi in front of uwsgi sockets.
 *
 * `http/` is the bridge. Read first `http/http-bridge.ts` (what listens, what is closed), then `http/exchange.ts` (one request,
 * in any version of HTTP) and `http/request-vars.ts` (its head as vars: what is refused, dropped, added). Its other parts:
 *
 *     bridge-options, http-address                 what is set, where is listened
 *     client-connections, linger                   connections of clients: deadlines, the end
 *     http1-requests, http2-requests               Node's parsers, from which exchanges are made
 *     request-body                                 a body as it comes: deadlines, what is left of it
 *     client-answer, http1-, http2-, upgrade-answer  the answer, at the client's pace
 *     forwarded, response-headers, failure         pure: who the client is, what it may see, what it is told
 *     exchange-report                              what observers are told
 *
 * `packet-router.ts` routes packets by the rules of area `router`: `packet-router-upstreams.ts` is who connects for them,
 * `packet-router-forward.ts` one packet on its way, `packet-router-relay.ts` the raw pipe.
 *
 * Not here: how requests are sent, and bodies kept until their length is known (`client`), several upstreams (`upstream`).
 */
export type { BridgeLimits, BridgeOptions, BridgeTls } from "./http/bridge-options.ts";
export { formatHttpAddress, type HttpAddress, parseHttpAddress } from "./http/http-address.ts";
export { HttpBridge, type HttpListener } from "./http/http-bridge.ts";
export { PacketRouter, type PacketRouterOptions, routerPlugins } from "./packet-router.ts";
export type { NamedUpstream, RoutedUpstream } from "./packet-router-upstreams.ts";
