/** A server that requests are sent to: one address. */
import { type Address, type DialTls, parseAddress } from "../connection/index.ts";
import type { PacketRequest, Response, Sender } from "./packet-request.ts";
import { sendRequest } from "./send-request.ts";
import type { Timeouts } from "./timeouts.ts";

export interface ClientOptions {
  readonly timeouts?: Partial<Timeouts>;
  /** For `suwsgi://` addresses. */
  readonly tls?: DialTls;
}

/** Sends requests to one address, each on a connection of its own. Holds nothing open: there is nothing to close. */
export class Client implements Sender {
  readonly address: Address;
  private readonly options: ClientOptions;

  /** Throws a TypeError (`UWSGI_INVALID_ADDRESS`); see `parseAddress` for the forms. */
  constructor(to: string | Address, options: ClientOptions = {}) {
    this.address = typeof to === "string" ? parseAddress(to) : to;
    this.options = options;
  }

  send(request: PacketRequest): Promise<Response> {
    const { tls, timeouts } = this.options;
    return sendRequest(this.address, { ...request, timeouts: { ...timeouts, ...request.timeouts } }, tls);
  }
}

/** Where requests go: an address in one of the forms of `parseAddress`, or whoever sends them. */
export type To = string | Address | Sender;

/** Whoever sends to `to`. Throws a TypeError (`UWSGI_INVALID_ADDRESS`). */
export function senderTo(to: To, options?: ClientOptions): Sender {
  return typeof to === "string" || !("send" in to) ? new Client(to, options) : to;
}
