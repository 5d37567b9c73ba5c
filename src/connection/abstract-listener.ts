/** Listening on an abstract unix socket: a name without a file, which goes when the socket does. */
import { typeError } from "../errors.ts";
import { type AbstractAddress, formatAddress } from "./address.ts";
import { bind, type Bound, closeServer } from "./bind.ts";
import type { Listening } from "./listen-options.ts";
import type { ServerSocket } from "./server-socket.ts";

/** Binds the name; nothing keeps other users of the machine away from it. */
export async function listenAbstract(
  address: AbstractAddress,
  makeServer: () => ServerSocket,
  options: Listening,
): Promise<Bound> {
  const path = abstractPath(address);
  const server = makeServer();
  await bind(server, address, { path }, options);
  return {
    address,
    close: ({ behindQueue = true } = {}) => closeServer(server, behindQueue),
    stop: () => server.close(),
  };
}

/** The name as Node takes it. Throws a TypeError (`UWSGI_INVALID_ADDRESS`) where there are no such sockets. */
export function abstractPath(address: AbstractAddress, platform: NodeJS.Platform = process.platform): string {
  if (platform === "linux" || platform === "android") return `\0${address.name}`;
  throw typeError(
    "UWSGI_INVALID_ADDRESS",
    `${formatAddress(address)}: only Linux has abstract sockets, this is ${platform}: use a path`,
  );
}
