/** Listening for whoever serves sockets of Node's: an HTTP server, whose parser wants them. */
import type { Socket } from "node:net";
import { typeError } from "../errors.ts";
import { AcceptingServer } from "./accepting-server.ts";
import { type Address, formatAddress } from "./address.ts";
import type { Bound } from "./bind.ts";
import type { Listening } from "./listen-options.ts";
import { bindTo } from "./listener.ts";

/**
 * Listens, and hands over each connection as it was accepted. Paths are taken, and exposure is judged, as by `listen`,
 * which see for what it rejects with; whom to refuse is the caller's business: `allow`, `mayAccept` and `tls` mean
 * nothing here. Throws a TypeError (`UWSGI_INVALID_ADDRESS`) for `suwsgi://`.
 */
export async function listenSockets(
  address: Address,
  take: (socket: Socket) => void,
  options: Listening = {},
): Promise<Bound> {
  if (address.kind === "tls") {
    throw typeError("UWSGI_INVALID_ADDRESS", `address ${formatAddress(address)}: suwsgi:// is for uwsgi sockets`);
  }
  return bindTo(address, () => new AcceptingServer({ kind: "socket", take }), options);
}
