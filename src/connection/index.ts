/**
 * Sockets: the only area that touches them for uwsgi traffic.
 *
 * Read first: `connection.ts` (the life of one connection), then `transport.ts` (what carries the
 * bytes) and `listener.ts` (taking an address without stealing it). `dialer.ts` and `peer-stream.ts` are the other end.
 * Not here: what a packet means, and who answers it (`server`).
 */
export { type Address, formatAddress, parseAddress } from "./address.ts";
export { Connection, type ConnectionOwner } from "./connection.ts";
export { dial } from "./dialer.ts";
export { type ConnectionLimits, defaultLimits } from "./limits.ts";
export { listen, type Listener, type ListenOptions } from "./listener.ts";
export { PeerStream } from "./peer-stream.ts";
export { Sweeper } from "./sweeper.ts";
export type { Transport, TransportUser } from "./transport.ts";
