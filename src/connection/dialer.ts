/** Connecting to an address. */
import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { ConnectionError } from "../errors.ts";
import { abstractPath } from "./abstract-listener.ts";
import { type Address, formatAddress, type TlsAddress } from "./address.ts";
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

/**
 * Connects; rejects with a ConnectionError (`UWSGI_CONNECT_FAILED`) that names the address, or with
 * the reason of `signal` when that fires first. A server's certificate is checked, unless `tls.insecure`.
 */
export async function dial(address: Address, signal?: AbortSignal, tls: DialTls = {}): Promise<Transport> {
  signal?.throwIfAborted();
  const name = formatAddress(address);
  const open: Socket[] = [];
  try {
    const carrier = connect({ ...targetOf(address.kind === "tls" ? address.over : address), allowHalfOpen: true });
    open.push(carrier);
    await once(carrier, "connect", { signal });
    if (address.kind !== "tls") return new NetTransport(carrier, name);
    const host = address.over.kind === "tcp" ? address.over.host : "localhost";
    const socket = connectTls({ ...tlsOptions(tls, host), socket: carrier });
    open.push(socket);
    await once(socket, "secureConnect", { signal });
    return new NetTransport(socket, name, carrier);
  } catch (error) {
    for (const socket of open) socket.destroy();
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConnectionError(`cannot connect to ${name}: ${reason}`, { code: "UWSGI_CONNECT_FAILED", cause: error });
  }
}

function targetOf(address: Exclude<Address, TlsAddress>): NetConnectOpts {
  if (address.kind === "unix") return { path: address.path };
  if (address.kind === "abstract") return { path: abstractPath(address) };
  if (address.kind === "tcp") return { host: address.host, port: address.port, noDelay: true };
  throw new Error("an inherited socket can be listened on, not connected to");
}

function tlsOptions({ serverName, insecure = false, ...given }: DialTls, host: string): ConnectionOptions {
  const name = serverName ?? host;
  // Node's types want Buffers where any bytes do.
  const pem = given as { ca?: Buffer; cert?: Buffer; key?: Buffer; passphrase?: string };
  // `host` is what the certificate is checked against; an IP address may not be sent as a name.
  const checked = { ...pem, host: name, minVersion: "TLSv1.2", rejectUnauthorized: !insecure } as const;
  return { ...checked, ...(/^[\d.]+$|:/.test(name) ? {} : { servername: name }) };
}
