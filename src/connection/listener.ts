/**
 * Listening on an address: each kind of address has its binder, what they accept goes through one door.
 *
 *     binder (TCP, unix, abstract, inherited)  ->  allow list  ->  mayAccept  ->  [TLS handshake]  ->  accept
 */
import type { Socket } from "node:net";
import { typeError, type UwsgiError } from "../errors.ts";
import { AcceptingServer, type Taker } from "./accepting-server.ts";
import { listenAbstract } from "./abstract-listener.ts";
import { type Address, formatAddress, type TlsAddress } from "./address.ts";
import { AllowList } from "./allow-list.ts";
import type { Bound } from "./bind.ts";
import { mayBeDirect } from "./choose-transport.ts";
import { DirectTransport, type Origin } from "./direct-transport.ts";
import { EarlyReads } from "./early-reads.ts";
import { listenInherited } from "./inherited-listener.ts";
import type { Listener, Listening } from "./listen-options.ts";
import { NetTransport, peerOf } from "./net-transport.ts";
import { nameOfPeer, peerAddress } from "./peer-address.ts";
import type { ServerSocket } from "./server-socket.ts";
import type { StreamHandle } from "./stream-binding.ts";
import { listenTcp } from "./tcp-listener.ts";
import { TlsAcceptor } from "./tls-acceptor.ts";
import type { Transport } from "./transport.ts";
import { listenUnix } from "./unix-listener.ts";

/**
 * Listens, and hands over each connection as a transport.
 *
 * Rejects with a ConnectionError: `UWSGI_ADDRESS_IN_USE` when somebody answers there, `UWSGI_LISTEN_FAILED`
 * for all else (a file that is no socket, no permission, ...), `UWSGI_TRANSPORT_UNAVAILABLE` for `transport: "direct"`
 * where there is no such thing. With a TypeError: `UWSGI_ADDRESS_EXPOSED` for a
 * TCP address beyond loopback without `allow`, `insecure` or client certificates, `UWSGI_INVALID_ARGUMENT` for
 * options that cannot be right, `UWSGI_INVALID_ADDRESS` for an address that this system does not have.
 */
export async function listen(
  address: Address,
  accept: (transport: Transport) => void,
  options: Listening = {},
): Promise<Listener> {
  const origin: { -readonly [Key in keyof Origin]: Origin[Key] } = { name: formatAddress(address), port: 0 };
  // Until it is known what an inherited socket is.
  let isTcp = true;
  const allowList = options.allow === undefined ? undefined : new AllowList(options.allow);
  const handshakes = address.kind === "tls" ? tlsAcceptor(address, accept, options) : undefined;
  const refusalOf = (ip: string | undefined): UwsgiError | undefined =>
    (isTcp ? allowList?.refusal(ip) : undefined) ?? options.mayAccept?.();
  const takeSocket = (socket: Socket): void => {
    const refusal = refusalOf(socket.remoteAddress);
    if (refusal !== undefined) {
      const peer = peerOf(socket, origin.name);
      socket.destroy();
      options.onRefused?.(peer, refusal);
    } else if (handshakes !== undefined) handshakes.take(socket, origin.name);
    else accept(new NetTransport(socket, origin.name));
  };
  const takeHandle = (handle: StreamHandle): void => {
    const refusal = refusalOf(allowList === undefined ? undefined : peerAddress(handle)?.host);
    if (refusal !== undefined) {
      const peer = nameOfPeer(peerAddress(handle), origin.name);
      handle.close();
      options.onRefused?.(peer, refusal);
    } else accept(new DirectTransport(handle, origin));
  };
  const isDirect = await mayBeDirect(address, options);
  const taker: Taker = isDirect ? { kind: "handle", take: takeHandle } : { kind: "socket", take: takeSocket };
  const bound = await bindTo(address, () => new AcceptingServer(taker), options);
  origin.name = formatAddress(bound.address);
  const carrier = bound.address.kind === "tls" ? bound.address.over : bound.address;
  isTcp = carrier.kind === "tcp";
  if (carrier.kind === "tcp") origin.port = carrier.port;
  // There connecting takes a round trip, behind which the peer sends: mostly we are faster.
  else origin.earlyReads = new EarlyReads();
  return {
    address: bound.address,
    get pending() {
      return handshakes?.pending ?? 0;
    },
    close: (how) => bound.close(how),
    cut: () => {
      bound.stop();
      handshakes?.cut();
    },
    cutHandshakes: (olderThanMs, most) => handshakes?.cut(olderThanMs, most) ?? 0,
  };
}

/** Binds an address by the binder of its kind; what it accepts goes to the servers that `makeServer` makes. */
export async function bindTo(address: Address, makeServer: () => ServerSocket, options: Listening): Promise<Bound> {
  if (address.kind === "unix") return listenUnix(address, makeServer, options);
  if (address.kind === "abstract") return listenAbstract(address, makeServer, options);
  if (address.kind === "fd") return listenInherited(address, makeServer, options);
  if (address.kind === "tcp") return listenTcp(address, makeServer, options);
  if (address.over.kind === "unix") return overTls(await listenUnix(address.over, makeServer, options), address);
  // Whoever has shown a certificate of our authority is no stranger, wherever it comes from.
  const insecure = options.insecure === true || options.tls?.ca !== undefined;
  const trusting = { ...options, insecure };
  if (address.over.kind === "tcp") return overTls(await listenTcp(address.over, makeServer, trusting), address);
  return overTls(await listenInherited(address.over, makeServer, trusting), address);
}

/** The same under `suwsgi://`. `asked`: what it stays where an inherited socket is nothing that `suwsgi://` is written before. */
export function overTls(bound: Bound, asked: TlsAddress): Bound {
  const { address } = bound;
  return {
    address: address.kind === "tcp" || address.kind === "unix" ? { kind: "tls", over: address } : asked,
    get file() {
      return bound.file;
    },
    close: (how) => bound.close(how),
    stop: () => bound.stop(),
  };
}

function tlsAcceptor(address: TlsAddress, accept: (transport: Transport) => void, options: Listening): TlsAcceptor {
  if (options.tls === undefined) throw noCertificate(address);
  return new TlsAcceptor(options.tls, accept, options);
}

/** That there is no `tls` for an address that needs it. */
export function noCertificate(address: TlsAddress): TypeError {
  return typeError(
    "UWSGI_INVALID_ARGUMENT",
    `${formatAddress(address)} needs a certificate and its key: tls: { cert, key }`,
  );
}
