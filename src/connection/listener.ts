/**
 * Listening on an address, so that nothing is stolen and nothing is left behind.
 *
 * A unix socket is bound under a temporary name beside its path, gets its mode there, and is then
 * linked to the path: nobody can connect before the mode is right, a path that somebody took in the
 * meantime is not overwritten, and Node's own removal of the name it bound hits the temporary one.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  renameSync,
  rmSync,
  statSync,
  type Stats,
  unlinkSync,
} from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { ConnectionError, errorCode, type ErrorCode, typeError, type UwsgiError } from "../errors.ts";
import { type Address, formatAddress, isLocal, MAX_PATH_BYTES, type TcpAddress, type UnixAddress } from "./address.ts";
import { NetTransport } from "./net-transport.ts";
import type { Transport } from "./transport.ts";

export interface ListenOptions {
  /** Connections that wait to be accepted. Default 1 024: on a unix socket one more is a 502 at nginx. */
  readonly backlog?: number;
  /** Mode of a unix socket. Default 0o660: owner and group may connect. */
  readonly mode?: number;
  /** Owner of a unix socket: a name or a number. Default: the user of the process. */
  readonly owner?: string | number;
  /** Group of a unix socket: a name or a number. Default: the group of the process. */
  readonly group?: string | number;
  /** Bind anew when the file of a unix socket is removed while it listens. Default false: it is only reported. */
  readonly recreate?: boolean;
  /**
   * Who may connect over TCP: addresses and networks such as `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`.
   * Everybody else is closed before a byte is read. Default: everybody, on addresses that only this machine can reach.
   */
  readonly allow?: readonly string[];
  /** Listen on a TCP address that other machines can reach; whoever reaches it is believed. Default false. */
  readonly insecure?: boolean;
  /** Certificate and key for `suwsgi://` addresses. */
  readonly tls?: TlsOptions;
}

/** TLS for `suwsgi://` addresses (uWSGI's `suwsgi-socket`, nginx's `uwsgi_pass suwsgi://`). */
export interface TlsOptions {
  /** Certificate chain, PEM. */
  readonly cert: string | Uint8Array;
  /** Private key, PEM. */
  readonly key: string | Uint8Array;
  readonly passphrase?: string;
  /** Authorities, PEM: peers must show a certificate that one of them has signed. Default: no certificate is asked for. */
  readonly ca?: string | Uint8Array;
  /** OpenSSL's cipher list. Default Node's. */
  readonly ciphers?: string;
  /** Default `TLSv1.2`: Debian 12's nginx speaks nothing newer to upstreams unless told to. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
}

/** What a listener asks and tells its owner. */
export interface Listening extends ListenOptions {
  /** Most milliseconds for a TLS handshake. Default 5 000. */
  readonly handshakeTimeoutMs?: number;
  /** Asked before each connection is taken: why not, or undefined. It is then closed at once. */
  readonly mayAccept?: () => UwsgiError | undefined;
  /** Told of each connection that was closed at once: not allowed, one too many, or a TLS handshake that failed. */
  readonly onRefused?: (peer: string, error: UwsgiError) => void;
  /** Told of what goes wrong while it listens, and when the path cannot be removed at the end. */
  readonly onError?: (error: Error) => void;
  /** Told once when the file of the socket has been removed or replaced. */
  readonly onLost?: (how: "removed" | "replaced", isRecreated: boolean) => void;
  /** Told when a TLS handshake has ended, whichever way. */
  readonly onPendingEnd?: () => void;
}

export interface Listener {
  /** Where it listens; a TCP port 0 has become the real one. */
  readonly address: Address;
  /** Connections in a TLS handshake, which are nobody's yet. */
  readonly pending: number;
  /** Stops accepting at once, and removes the unix socket if the path still holds ours. Connections live on. */
  close(): void;
  /** Cuts the connections that are in a TLS handshake. */
  cut(): void;
}

/**
 * Listens, and hands over each connection as a transport.
 *
 * Rejects with a ConnectionError: `UWSGI_ADDRESS_IN_USE` when somebody answers there,
 * `UWSGI_LISTEN_FAILED` for all else (a file that is no socket, no permission, ...); with a TypeError
 * (`UWSGI_INVALID_ADDRESS`) for a TCP address beyond loopback without `insecure`.
 */
export async function listen(
  address: Address,
  accept: (transport: Transport) => void,
  options: Listening = {},
): Promise<Listener> {
  const name = formatAddress(address);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) => {
    accept(new NetTransport(socket, name));
  });
  const listener = await (address.kind === "unix"
    ? listenUnix(server, address, options)
    : listenTcp(server, address, options));
  // Accepting one connection may fail (no descriptors left); the next may not. Unheard, it would end the process.
  server.on("error", (error) => options.onError?.(error));
  return listener;
}

async function listenTcp(server: Server, address: TcpAddress, options: Listening): Promise<Listener> {
  if (!isLocal(address) && options.insecure !== true) {
    throw typeError(
      "UWSGI_INVALID_ADDRESS",
      `${formatAddress(address)} can be reached from other machines, and whoever reaches a uwsgi socket can pose ` +
        "as any client: listen on a unix socket or loopback, or say insecure: true",
    );
  }
  const { host, port } = address;
  await bound(server, address, () => server.listen({ host, port, backlog: options.backlog ?? 1_024 }));
  const actual = server.address();
  if (actual === null || typeof actual === "string") throw new Error("a TCP server has no address");
  return { address: { kind: "tcp", host, port: actual.port }, pending: 0, cut: () => {}, close: () => server.close() };
}

async function listenUnix(server: Server, address: UnixAddress, options: Listening): Promise<Listener> {
  const temporary = temporaryPath(address);
  try {
    await makeWay(address);
    // 0o177: until chmod nobody but us may connect.
    const umask = setUmask(0o177);
    await bound(server, address, () => server.listen({ path: temporary, backlog: options.backlog ?? 1_024 }), umask);
    chmodSync(temporary, options.mode ?? 0o660);
    const ours = statSync(temporary);
    claim(temporary, address);
    return {
      address,
      pending: 0,
      cut: () => {},
      close: () => {
        server.close();
        removeOurs(address.path, ours, options.onError);
      },
    };
  } catch (error) {
    server.close();
    rmSync(temporary, { force: true });
    throw error instanceof ConnectionError ? error : listenFailed(address, error);
  }
}

/** Starts to listen and waits until it does; turns failures into ours. */
async function bound(server: Server, address: Address, start: () => void, afterBind?: () => void): Promise<void> {
  try {
    const listening = once(server, "listening");
    try {
      start();
    } finally {
      // Node binds within the call.
      afterBind?.();
    }
    await listening;
  } catch (error) {
    throw listenFailed(address, error);
  }
}

/** Removes a socket file that nobody answers at; refuses whatever else is there. */
async function makeWay(address: UnixAddress): Promise<void> {
  let found: Stats;
  try {
    found = lstatSync(address.path);
  } catch (error) {
    if (errorCode(error) === "ENOENT" && existsSync(dirname(address.path))) return;
    throw listenFailed(address, error);
  }
  if (!found.isSocket()) {
    throw new ConnectionError(
      `cannot listen on ${address.path}: there is something that is not a socket, and it stays`,
      {
        code: "UWSGI_LISTEN_FAILED",
      },
    );
  }
  if (await isAnswered(address.path)) throw inUse(address);
  // The inode number of a removed file is given to the next one: who was faster than we may have it.
  const now = lstatSync(address.path, { throwIfNoEntry: false });
  if (now !== undefined && isSameFile(now, found) && now.ctimeMs === found.ctimeMs) unlinkSync(address.path);
}

async function isAnswered(path: string): Promise<boolean> {
  const probe = connect({ path });
  try {
    await once(probe, "connect");
    return true;
  } catch (error) {
    // A full backlog (EAGAIN) or a forbidden one (EACCES) is alive; only these two are not.
    const code = errorCode(error);
    return code !== "ECONNREFUSED" && code !== "ENOENT";
  } finally {
    probe.destroy();
  }
}

/** Gives the bound socket its name, unless somebody has taken it since. */
function claim(temporary: string, address: UnixAddress): void {
  try {
    linkSync(temporary, address.path);
    unlinkSync(temporary);
  } catch (error) {
    if (errorCode(error) === "EEXIST") throw inUse(address);
    // Not every file system links sockets.
    renameSync(temporary, address.path);
  }
}

/** A name beside the path, longer only than a very short one: both must fit a socket address. */
function temporaryPath(address: UnixAddress): string {
  const name = basename(address.path);
  // Letters only: Node takes a path that reads as a number (`.2764e51`) for a port.
  const random = Array.from(randomBytes(8), (byte) => String.fromCharCode(97 + (byte % 26))).join("");
  const temporary = join(dirname(address.path), `.${name.slice(0, -9)}${random}`.slice(0, Math.max(name.length, 5)));
  const bytes = Buffer.byteLength(temporary);
  if (bytes > MAX_PATH_BYTES) {
    throw new ConnectionError(
      `cannot listen on ${address.path}: a name of 5 bytes must fit beside it, that makes ${bytes}, at most ` +
        `${MAX_PATH_BYTES} are allowed`,
      { code: "UWSGI_LISTEN_FAILED" },
    );
  }
  return temporary;
}

/** Sets the umask of the process until the answered function is called; a worker thread has none to set. */
function setUmask(mask: number): () => void {
  let before: number;
  try {
    before = process.umask(mask);
  } catch {
    return () => {};
  }
  return () => {
    process.umask(before);
  };
}

/** Removes the path if it is still what we made; that it stays must not keep a server from closing. */
function removeOurs(path: string, ours: Stats, onError?: (error: Error) => void): void {
  try {
    const now = lstatSync(path, { throwIfNoEntry: false });
    if (now !== undefined && isSameFile(now, ours)) unlinkSync(path);
  } catch (error) {
    onError?.(error instanceof Error ? error : new Error(String(error)));
  }
}

function isSameFile(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function inUse(address: Address): ConnectionError {
  return new ConnectionError(`cannot listen on ${formatAddress(address)}: somebody answers there already`, {
    code: "UWSGI_ADDRESS_IN_USE",
  });
}

function listenFailed(address: Address, cause: unknown): ConnectionError {
  const known: ErrorCode = errorCode(cause) === "EADDRINUSE" ? "UWSGI_ADDRESS_IN_USE" : "UWSGI_LISTEN_FAILED";
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConnectionError(`cannot listen on ${formatAddress(address)}: ${reason}`, { code: known, cause });
}
