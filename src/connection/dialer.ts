/** Connecting to an address. */
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions, createSecureContext, type SecureContext } from "node:tls";
import { abstractPath } from "./abstract-listener.ts";
import { type Address, formatAddress, type TlsAddress } from "./address.ts";
import { mayDialByHandle } from "./choose-dialling.ts";
import { connectFailed, type Dialling } from "./dialling.ts";
import { type HandleAddress, handleKindOf, openByHandle } from "./handle-dialer.ts";
import { readBeforeBreaking } from "./last-reads.ts";
import { NetTransport } from "./net-transport.ts";
import type { Transport } from "./transport.ts";

/** The client's side of `suwsgi://`. */
export interface DialTls {
  /** Authorities, PEM: one of them must have signed the server's certificate. Default Node's. */
  readonly ca?: string | Uint8Array;
  /** Our own certificate and key, PEM, for servers that ask for one. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  readonly passphrase?: string;
  /** The name that the server's certificate must have. Default the host of the address, `localhost` for a unix socket. */
  readonly serverName?: string;
  /** Take any certificate: whoever is in between can read all. For tools, as curl's `-k`. Default false. */
  readonly insecure?: boolean;
}

/** Connects; the answered function gives up, and then nobody is told. A server's certificate is always checked. */
export function openTransport(address: Address, dialling: Dialling, tls?: DialTls): () => void {
  const kind = handleKindOf(address);
  const isByHandle = kind !== undefined && mayDialByHandle(kind);
  return (
    (isByHandle ? openByHandle(address as HandleAddress, dialling) : undefined) ?? openBySocket(address, dialling, tls)
  );
}

/** As `openTransport`, by a `net.Socket`. */
export function openBySocket(address: Address, dialling: Dialling, tls: DialTls = NO_OPTIONS): () => void {
  let isOver = false;
  let carrier: Socket | undefined;
  let secured: Socket | undefined;
  const close = (): void => {
    if (isOver) return;
    isOver = true;
    secured?.destroy();
    carrier?.destroy();
  };
  const fail = (error: unknown): void => {
    if (isOver) return;
    close();
    dialling.onFail(connectFailed(address, error));
  };
  const opened = (socket: Socket, over?: Socket): void => {
    isOver = true;
    const transport = new NetTransport(socket, formatAddress(address), over);
    // The transport hears of errors itself from here on.
    socket.removeListener("error", fail);
    readBeforeBreaking(socket, address.kind === "unix" || address.kind === "abstract");
    dialling.onOpen(transport);
  };
  try {
    carrier = connect({ ...targetOf(address.kind === "tls" ? address.over : address), allowHalfOpen: true });
    carrier.on("error", fail);
    carrier.once("connect", () => {
      if (isOver || carrier === undefined) return;
      if (address.kind !== "tls") {
        opened(carrier);
        return;
      }
      try {
        const socket = connectTls({ ...tlsOptions(address, tls), socket: carrier });
        secured = socket;
        socket.on("error", fail);
        socket.once("close", () =>
          fail(new Error("the server closed the connection in the middle of the TLS handshake")),
        );
        socket.once("secureConnect", () => {
          if (!isOver) opened(socket, carrier);
        });
      } catch (error) {
        fail(error);
      }
    });
  } catch (error) {
    // As all other failures: not before this function has returned.
    process.nextTick(fail, error);
  }
  return close;
}

/**
 * Connects; rejects with a ConnectionError (`UWSGI_CONNECT_FAILED`) that names the address, or with
 * the reason of `signal` when that fires first. A server's certificate is checked, unless `tls.insecure`.
 */
export async function dial(address: Address, signal?: AbortSignal, tls?: DialTls): Promise<Transport> {
  signal?.throwIfAborted();
  let onAbort = (): void => {};
  try {
    return await new Promise((resolve, reject) => {
      const giveUp = openTransport(address, { onOpen: resolve, onFail: reject }, tls);
      onAbort = (): void => {
        giveUp();
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason is the caller's
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function targetOf(address: Exclude<Address, TlsAddress>): NetConnectOpts {
  if (address.kind === "unix") return { path: address.path };
  if (address.kind === "abstract") return { path: abstractPath(address) };
  if (address.kind === "tcp") return { host: address.host, port: address.port, noDelay: true };
  throw new Error("an inherited socket can be listened on, not connected to");
}

const NO_OPTIONS: DialTls = {};

/** Made once for each options object: to read certificates takes longer than a handshake. */
const contexts = new WeakMap<DialTls, SecureContext>();

function tlsOptions({ over }: TlsAddress, tls: DialTls): ConnectionOptions {
  const name = tls.serverName ?? (over.kind === "tcp" ? over.host : "localhost");
  let secureContext = contexts.get(tls);
  if (secureContext === undefined) {
    const { serverName: _, insecure: __, ...given } = tls;
    // Node's types want Buffers where any bytes do.
    const pem = given as { ca?: Buffer; cert?: Buffer; key?: Buffer; passphrase?: string };
    secureContext = createSecureContext({ ...pem, minVersion: "TLSv1.2" });
    contexts.set(tls, secureContext);
  }
  // `host` is what the certificate is checked against; an IP address may not be sent as a name.
  const checked = { secureContext, host: name, rejectUnauthorized: tls.insecure !== true };
  return { ...checked, ...(/^[\d.]+$|:/.test(name) ? {} : { servername: name }) };
}
