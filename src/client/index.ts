/**
 * The other end of a uwsgi socket: sends requests. Sibling of the server, and never imports it.
 *
 * Read first: `packet-request.ts` (what a request and its response are, and who sends them), then `request.ts` (a request
 * as people think of one), `client.ts` (one address) and `peer-exchange.ts` (one connection, from its making to its end). Of one
 * exchange: `exchange-clock.ts` its deadlines, `response-decoder.ts` with `response-framing.ts` and `chunk-decoder.ts` what
 * comes, `send-body.ts` what goes; all but the first two are pure. `exchange.ts` and `raw-reply.ts` are for packets of any
 * family, `ping.ts` for one of them, `raw-connection.ts` for who passes packets on as they are. `spool.ts` keeps a body until its length is known.
 * Not here: several servers (`upstream`), HTTP in front (`gateway`).
 */
export { Client, type ClientOptions, senderTo, type To } from "./client.ts";
export { ClientResponse } from "./client-response.ts";
export { exchange, type ExchangeOptions, type PacketTarget } from "./exchange.ts";
export type { PacketRequest, Response, Sender } from "./packet-request.ts";
export { ping, type PingOptions, type Pong } from "./ping.ts";
export { RawReply, type ReadPacketOptions, type ReplyPacket } from "./raw-reply.ts";
export type { Dialer, RawConnection, RawOutcome } from "./raw-connection.ts";
export { readAll, type ReadAllOptions } from "./read-all.ts";
export { request, type RequestOptions } from "./request.ts";
export type { RequestBody } from "./request-body.ts";
export type { HeadersInput, RequestHead, VarsInput } from "./request-vars.ts";
export { type ResponseOptions, sendRequest } from "./send-request.ts";
export { spool, type Spooled, type SpoolOptions } from "./spool.ts";
export { defaultTimeouts, noTimeouts, type Timeouts, withTimeouts } from "./timeouts.ts";
