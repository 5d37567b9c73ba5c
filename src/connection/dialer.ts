/** Connecting to an address. */
import { once } from "node:events";
import { connect } from "node:net";
import { ConnectionError } from "../errors.ts";
import { type Address, formatAddress } from "./address.ts";
import { NetTransport } from "./net-transport.ts";
import type { Transport } from "./transport.ts";

/**
 * Connects; rejects with a ConnectionError (`UWSGI_CONNECT_FAILED`) that names the address, or with
 * the reason of `signal` when that fires first.
 */
export async function dial(address: Address, signal?: AbortSignal): Promise<Transport> {
  signal?.throwIfAborted();
  const socket = connect(
    address.kind === "unix"
      ? { path: address.path, allowHalfOpen: true }
      : { host: address.host, port: address.port, allowHalfOpen: true, noDelay: true },
  );
  try {
    await once(socket, "connect", { signal });
  } catch (error) {
    socket.destroy();
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConnectionError(`cannot connect to ${formatAddress(address)}: ${reason}`, {
      code: "UWSGI_CONNECT_FAILED",
      cause: error,
    });
  }
  return new NetTransport(socket, formatAddress(address));
}
