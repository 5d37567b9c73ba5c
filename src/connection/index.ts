/**
 * Sockets: the only area that touches them for uwsgi traffic.
 *
 * Read first: `connection.ts` (the life of one connection), then `transport.ts` (what carries the
 * bytes) and `listener.ts` (from an address to transports). Of listening:
 *
 *     address.ts                            how addresses are written
 *     tcp-, unix-, abstract-, inherited-listener.ts   one binder for each kind; bind.ts is what they share
 *     socket-path.ts, socket-owner.ts, path-watch.ts  the file of a unix socket: taking, owner, loss
 *     exposure.ts, allow-list.ts            who may reach a TCP address
 *     effect.ts                             options that no address has a use for
 *     tls-acceptor.ts, tls-failure.ts       TLS handshakes
 *     socket-listener.ts                    the same for sockets of Node's
 *     hold-socket.ts                        a socket for other processes, which this one never accepts from;
 *     holding-server.ts, bound-handle.ts    what is bound then; open-queues.ts has it listen by queue-opener-main.ts
 *     queue-length.ts                       how many connections wait
 *     accepting-server.ts, choose-transport.ts  sockets or bare handles; direct-self-test.ts tries these
 *
 * Of one connection: `packet-reader.ts`, `body-input.ts`, `write-watch.ts`, `absence.ts`, `lingering.ts` are its
 * parts, each made when it is needed; `connection-stream.ts` is a connection that was handed over.
 *
 * The other end: `dialer.ts`; `handle-dialer.ts` is its way by bare handles, `choose-dialling.ts` says when, and
 * `dialling-self-test.ts` tries it; `peer-stream.ts` is a connection as two calls. Not here: what a packet means, and who answers
 * it (`server`).
 */
export { Absence } from "./absence.ts";
export {
  type Address,
  FIRST_INHERITED_FD,
  formatAddress,
  inheritedAs,
  parseAddress,
  type TcpAddress,
} from "./address.ts";
export { AllowList } from "./allow-list.ts";
export { type Bound, DEFAULT_BACKLOG } from "./bind.ts";
export { Connection } from "./connection.ts";
export type { ConnectionOwner } from "./connection-owner.ts";
export { dial, type DialTls, openTransport } from "./dialer.ts";
export { checkEffect } from "./effect.ts";
export { checkExposure, isLoopback } from "./exposure.ts";
export { adoptSocket, type HeldSocket, holdSocket, type HoldOptions } from "./hold-socket.ts";
export { type HoldingServer, openQueueOf } from "./holding-server.ts";
export { type ConnectionLimits, defaultLimits } from "./limits.ts";
export type { CloseOptions, Listener, ListenOptions, TlsOptions } from "./listen-options.ts";
export { listen, noCertificate } from "./listener.ts";
export { openQueues } from "./open-queues.ts";
export { PeerStream } from "./peer-stream.ts";
export { Room } from "./room.ts";
export { type Placed, Roster } from "./roster.ts";
export { queueLength } from "./queue-length.ts";
export { listenSockets } from "./socket-listener.ts";
/** `removeDeadSocket`: for `manager`. */
export { type FilePlace, makeWay as removeDeadSocket } from "./socket-path.ts";
export { type Expiring, Sweeper } from "./sweeper.ts";
export type { Transport, TransportUser } from "./transport.ts";
