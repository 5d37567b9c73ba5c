/**
 * Listening on a socket that this process was started with (systemd's socket activation, a supervisor that
 * binds a low port, our own master). Its file and mode are those of whoever made it. It listens already, unless who
 * made it says where it is bound; Node listens again, so that the backlog is ours.
 */
import { ConnectionError } from "../errors.ts";
import { type Address, formatAddress, type InheritedAddress, type TcpAddress } from "./address.ts";
import { bind, type Bound, closeServer } from "./bind.ts";
import { checkExposure } from "./exposure.ts";
import type { Listening } from "./listen-options.ts";
import type { ServerSocket } from "./server-socket.ts";
import { findSystemSocket } from "./system-sockets.ts";

/** Takes the socket over. Closing closes it, and leaves the file of a unix socket to who made it. */
export async function listenInherited(
  address: InheritedAddress,
  makeServer: () => ServerSocket,
  options: Listening,
): Promise<Bound> {
  const { known } = address;
  const before = known === undefined ? findSystemSocket(address.fd) : undefined;
  if (before?.isListening === false) throw notListening(address);
  const server = makeServer();
  await bind(server, address, { fd: address.fd }, options);
  try {
    const tcp = tcpAddressOf(server);
    // The system's table does not have what was made in another network namespace, nor TCP sockets that do
    // not listen. What appears in it now was of the second kind, and listens at a port that nobody chose.
    if (tcp !== undefined && known === undefined && before === undefined) {
      if (tcp.port === 0 || findSystemSocket(address.fd) !== undefined) throw notListening(address);
    }
    if (tcp !== undefined) checkExposure(tcp, tcp.host, options);
    return {
      address: known ?? tcp ?? before?.address ?? address,
      // Mostly at once: what is queued is for whoever else has the socket.
      // Our own master has removed the path by then.
      close: ({ behindQueue = false } = {}) => closeServer(server, behindQueue, known?.kind !== "unix"),
      stop: () => server.close(),
    };
  } catch (error) {
    server.close();
    throw error;
  }
}

function tcpAddressOf(server: ServerSocket): TcpAddress | undefined {
  const actual = server.address();
  if (actual === null || typeof actual === "string") return undefined;
  return { kind: "tcp", host: actual.address, port: actual.port };
}

function notListening(address: Address): ConnectionError {
  return new ConnectionError(
    `cannot listen on ${formatAddress(address)}: what is there is a socket that does not listen; it must be bound ` +
      "and listen before this process is started",
    { code: "UWSGI_LISTEN_FAILED" },
  );
}
