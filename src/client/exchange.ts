/** One packet of any family, and whatever is answered to it. */
import { encodePacket, type PacketInit } from "../codec/index.ts";
import { type Address, type DialTls, formatAddress, openTransport } from "../connection/index.ts";
import { Client } from "./client.ts";
import { PeerExchange } from "./peer-exchange.ts";
import { RawDecoder, RawReply } from "./raw-reply.ts";
import { checkBody } from "./send-body.ts";
import { type Timeouts, withTimeouts } from "./timeouts.ts";

/** One server: an address, or the client of one. */
export type PacketTarget = string | Address | Client;

export interface ExchangeOptions {
  /** What follows the packet: a request's body, a cache's value. */
  readonly body?: AsyncIterable<Uint8Array>;
  /** As in `PacketRequest`. */
  readonly bodyLength?: number;
  /** Closes the connection when it fires. */
  readonly signal?: AbortSignal;
  /** Over those of a client. `responseMs` is to the first byte of the reply. */
  readonly timeouts?: Partial<Timeouts>;
  /** For `suwsgi://` addresses. Default that of a client. */
  readonly tls?: DialTls;
}

/**
 * Sends a packet and resolves when something comes back, or the connection is closed: several families answer by closing
 * (a `set` of the cache, a call of an unknown function), and so does a server that has no plugin for the modifier.
 *
 * Rejects as `Sender.send`, except that any bytes are a reply, and none.
 */
export async function exchange(
  to: PacketTarget,
  packet: PacketInit,
  { body, bodyLength, signal, timeouts, tls }: ExchangeOptions = {},
): Promise<RawReply> {
  const client = to instanceof Client ? to : new Client(to);
  checkBody(body);
  const { address } = client;
  const sent = new PeerExchange({
    name: formatAddress(address),
    open: (dialling) => openTransport(address, dialling, tls ?? client.tls),
    packet: encodePacket(packet),
    body,
    bodyLength,
    signal,
    timeouts: withTimeouts(timeouts, client.timeouts),
    decoder: new RawDecoder(),
  });
  await sent.begun;
  return new RawReply(sent);
}
