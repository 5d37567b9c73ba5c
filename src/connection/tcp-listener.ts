/** Listening on a TCP port. */
import { lookup } from "node:dns/promises";
import type { TcpAddress } from "./address.ts";
import { bind, type Bound, closeServer, listenFailed } from "./bind.ts";
import { checkExposure } from "./exposure.ts";
import type { Listening } from "./listen-options.ts";
import type { ServerSocket } from "./server-socket.ts";

/** Resolves the host, judges the address that it really is, and binds that one. */
export async function listenTcp(
  address: TcpAddress,
  makeServer: () => ServerSocket,
  options: Listening,
): Promise<Bound & { readonly address: TcpAddress }> {
  const host = await resolve(address);
  checkExposure(address, host, options);
  const server = makeServer();
  await bind(server, address, { host, port: address.port }, options);
  return {
    address: { ...address, port: portOf(server) },
    close: ({ behindQueue = true } = {}) => closeServer(server, behindQueue),
    stop: () => server.close(),
  };
}

async function resolve(address: TcpAddress): Promise<string> {
  try {
    return (await lookup(address.host)).address;
  } catch (error) {
    throw listenFailed(address, error);
  }
}

function portOf(server: ServerSocket): number {
  const actual = server.address();
  if (actual === null || typeof actual === "string") throw new Error("a TCP server has no address");
  return actual.port;
}
