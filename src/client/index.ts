/**
 * The other end of a uwsgi socket: sends requests. Sibling of the server, and never imports it.
 *
 * Read first: `packet-request.ts` (what a request and its response are, and who sends them), then `client.ts` (to one
 * address) and `send-request.ts` (on one connection). `spool.ts` keeps a body until its length is known,
 * `raw-connection.ts` is for who passes packets on as they are.
 * Not here: several servers (`upstream`), HTTP in front (`gateway`).
 */
export { Client, type ClientOptions, senderTo, type To } from "./client.ts";
export type { PacketRequest, Response, Sender } from "./packet-request.ts";
export type { Dialer, RawConnection } from "./raw-connection.ts";
export { sendRequest } from "./send-request.ts";
export { spool, type Spooled } from "./spool.ts";
export { defaultTimeouts, type Timeouts } from "./timeouts.ts";
