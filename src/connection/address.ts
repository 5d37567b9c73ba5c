/**
 * Addresses as people write them:
 *
 *     127.0.0.1:3031  [::1]:3031  localhost:3031     TCP
 *     /run/app.sock  ./app.sock  unix:app.sock       a unix socket
 *     @name  unix:@name                              an abstract unix socket, on Linux
 *     fd://3                                         a socket that was inherited and listens already
 *     suwsgi://127.0.0.1:3031  suwsgi:///run/app.sock    TLS over TCP or a unix socket
 */
import { typeError } from "../errors.ts";

export interface TcpAddress {
  readonly kind: "tcp";
  /** Name or IP address, IPv6 without brackets. */
  readonly host: string;
  /** 0-65 535; 0 lets the system choose. */
  readonly port: number;
}

export interface UnixAddress {
  readonly kind: "unix";
  readonly path: string;
}

/**
 * A unix socket with a name instead of a file: Linux only, no mode and no owner, so every user of the
 * machine (of its network namespace) may connect. Node.js 20 fills the name up with NUL bytes to the
 * length of a socket address: there only Node.js 20 finds the socket, and finds no others.
 */
export interface AbstractAddress {
  readonly kind: "abstract";
  /** Without the `@`; 1 to 107 bytes. */
  readonly name: string;
}

/** A listening socket that this process was started with. Can be listened on, not connected to. */
export interface InheritedAddress {
  readonly kind: "fd";
  /** 3 or more: 0 to 2 are the standard streams. */
  readonly fd: number;
  /**
   * Where it is bound, by the word of who has bound it; nothing else is looked at then, and it need not listen yet.
   * Never read from text.
   */
  readonly known?: TcpAddress | UnixAddress | AbstractAddress;
}

/** TLS over another address (uWSGI's `suwsgi-socket`, nginx's `uwsgi_pass suwsgi://`). */
export interface TlsAddress {
  readonly kind: "tls";
  /** An inherited socket is never read from text. */
  readonly over: TcpAddress | UnixAddress | InheritedAddress;
}

export type Address = TcpAddress | UnixAddress | AbstractAddress | InheritedAddress | TlsAddress;

/** Behind the standard streams. */
export const FIRST_INHERITED_FD = 3;

/** Bytes that fit `sun_path` with its terminator; Node 20 and 22 cut longer paths without a word. */
export const MAX_PATH_BYTES = 107;

const ALLOWED =
  "allowed are host:port, [ipv6]:port, paths such as /run/app.sock, @name, fd://3, and suwsgi:// before the first three";

/**
 * Reads an address; see above for the forms. What contains a `/` or begins with `unix:` is a path.
 * Throws a TypeError (`UWSGI_INVALID_ADDRESS`) that says what was seen and what is allowed.
 */
export function parseAddress(text: string): Address {
  if (text.startsWith("fd://")) return { kind: "fd", fd: parseFd(text.slice("fd://".length), text) };
  if (!text.startsWith("suwsgi://")) return parsePlain(text, text);
  const over = parsePlain(text.slice("suwsgi://".length), text);
  if (over.kind !== "abstract") return { kind: "tls", over };
  throw invalid(text, "suwsgi:// stands before host:port, [ipv6]:port or a path");
}

/** The address as `parseAddress` reads it, and as nginx writes it behind `uwsgi_pass` where it can reach it. */
export function formatAddress(address: Address): string {
  switch (address.kind) {
    case "unix":
      return address.path;
    case "abstract":
      return `@${address.name}`;
    case "fd":
      return address.known === undefined ? `fd://${address.fd}` : formatAddress(address.known);
    case "tls": {
      const { over } = address;
      const carrier = over.kind === "fd" ? (over.known ?? over) : over;
      return `suwsgi://${carrier.kind === "unix" ? "unix:" : ""}${formatAddress(carrier)}`;
    }
    default:
      return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
  }
}

/** An address as a process has it that inherits its socket as `fd`. */
export function inheritedAs(fd: number, address: Address): InheritedAddress | TlsAddress {
  if (address.kind !== "tls") return { kind: "fd", fd, ...knownOf(address) };
  return { kind: "tls", over: { kind: "fd", fd, ...knownOf(address.over) } };
}

function knownOf(address: Exclude<Address, TlsAddress>): Pick<InheritedAddress, "known"> {
  const known = address.kind === "fd" ? address.known : address;
  return known === undefined ? {} : { known };
}

/** Reads what has no scheme but `unix:`. `whole`: the address it is part of, for the message. */
function parsePlain(text: string, whole: string): TcpAddress | UnixAddress | AbstractAddress {
  const isUnix = text.startsWith("unix:");
  // As a path `http://...` would be a surprise.
  if (!isUnix && /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) throw invalid(whole, ALLOWED);
  const name = isUnix ? text.slice("unix:".length) : text;
  if (name.startsWith("@")) return { kind: "abstract", name: checkName(name.slice(1), "an abstract name", whole) };
  if (isUnix || name.includes("/")) return { kind: "unix", path: checkName(name, "a socket path", whole) };
  const match = /^(?:\[([0-9A-Fa-f:.]+(?:%[^\]]+)?)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) throw invalid(whole, ALLOWED);
  return { kind: "tcp", host, port };
}

function checkName(name: string, what: string, whole: string): string {
  const bytes = new TextEncoder().encode(name).length;
  if (bytes > 0 && bytes <= MAX_PATH_BYTES && !name.includes("\0")) return name;
  throw invalid(whole, `${what} has 1 to ${MAX_PATH_BYTES} bytes, none of them NUL; this one has ${bytes}`);
}

function parseFd(text: string, whole: string): number {
  const fd = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (fd >= FIRST_INHERITED_FD) return fd;
  throw invalid(whole, "fd:// is followed by the number of an inherited socket, 3 or more");
}

function invalid(text: string, why: string): TypeError {
  return typeError("UWSGI_INVALID_ADDRESS", `address ${JSON.stringify(text)}: ${why}`);
}
