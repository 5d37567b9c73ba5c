/**
 * HTTP in front of uwsgi sockets, and uwsgi in front of uwsgi sockets.
 *
 * `http-bridge.ts` is a bridge for one upstream; `spool.ts` keeps uploads of unknown length. `packet-router.ts` routes
 * packets by the rules of area `router`: `packet-router-forward.ts` is one packet on its way, `packet-router-relay.ts`
 * the raw pipe.
 */
export { type BridgeOptions, HttpBridge } from "./http-bridge.ts";
export { PacketRouter, type PacketRouterOptions, routerPlugins } from "./packet-router.ts";
