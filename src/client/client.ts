/** A server that requests are sent to: one address. */
import { type Address, type DialTls, formatAddress, parseAddress } from "../connection/index.ts";
import { typeError } from "../errors.ts";
import type { PacketRequest, Response, Sender } from "./packet-request.ts";
import { type ResponseOptions, type ResponseRules, responseRules, send } from "./send-request.ts";
import { type Timeouts, withTimeouts } from "./timeouts.ts";

export interface ClientOptions extends ResponseOptions {
  readonly timeouts?: Partial<Timeouts>;
  /** For `suwsgi://` addresses. */
  readonly tls?: DialTls;
}

/** Sends requests to one address, each on a connection of its own. Holds nothing open: there is nothing to close. */
export class Client implements Sender {
  readonly address: Address;
  readonly timeouts: Timeouts;
  readonly tls: DialTls | undefined;
  private readonly rules: ResponseRules;

  /**
   * Throws a TypeError (`UWSGI_INVALID_ADDRESS`; see `parseAddress` for the forms) or a TypeError or RangeError
   * (`UWSGI_INVALID_ARGUMENT`).
   */
  constructor(to: string | Address, options: ClientOptions = {}) {
    this.address = addressOf(to);
    this.timeouts = withTimeouts(options.timeouts);
    this.tls = options.tls;
    this.rules = responseRules(options);
  }

  async send(request: PacketRequest): Promise<Response> {
    const timeouts = withTimeouts(request.timeouts, this.timeouts);
    return send(this.address, request, timeouts, this.tls, this.rules);
  }
}

/** An address that can be connected to. Throws a TypeError (`UWSGI_INVALID_ADDRESS`). */
function addressOf(to: string | Address): Address {
  const address = typeof to === "string" ? parseAddress(to) : to;
  if (address.kind !== "fd") return address;
  const text = formatAddress(address);
  throw typeError(
    "UWSGI_INVALID_ADDRESS",
    `${text} is a socket that was inherited: it can be listened on, not connected to`,
  );
}

/** Where requests go: an address in one of the forms of `parseAddress`, or whoever sends them. */
export type To = string | Address | Sender;

/** Whoever sends to `to`. Throws a TypeError (`UWSGI_INVALID_ADDRESS`). */
export function senderTo(to: To, options?: ClientOptions): Sender {
  return typeof to === "string" || !("send" in to) ? new Client(to, options) : to;
}
