/**
 * HTTP in front of uwsgi sockets.
 *
 * `http-bridge.ts` is a bridge for one upstream; `spool.ts` keeps uploads of unknown length.
 */
export { type BridgeOptions, HttpBridge } from "./http-bridge.ts";
