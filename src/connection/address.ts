/** Addresses as people write them: `host:port`, `[::1]:port`, `/path.sock`, `unix:/path.sock`. */
import { isIP } from "node:net";
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

export type Address = TcpAddress | UnixAddress;

/** Bytes that fit `sun_path` with its terminator; Node 20 and 22 cut longer paths without a word. */
export const MAX_PATH_BYTES = 107;

/**
 * Reads an address. What contains a `/` or begins with `unix:` is a path, all else `host:port`.
 * Throws a TypeError (`UWSGI_INVALID_ADDRESS`) that says what was seen and what is allowed.
 */
export function parseAddress(text: string): Address {
  const isUnix = text.startsWith("unix:");
  if (isUnix || text.includes("/")) {
    const path = isUnix ? text.slice("unix:".length) : text;
    const bytes = new TextEncoder().encode(path).length;
    if (bytes === 0 || bytes > MAX_PATH_BYTES || path.includes("\0")) {
      throw invalid(text, `a socket path has 1 to ${MAX_PATH_BYTES} bytes, none of them NUL; this one has ${bytes}`);
    }
    return { kind: "unix", path };
  }
  const match = /^(?:\[([0-9A-Fa-f:.%a-z]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw invalid(text, "allowed are host:port, [ipv6]:port, and paths such as /run/app.sock");
  }
  return { kind: "tcp", host, port };
}

/** The address as `parseAddress` reads it. */
export function formatAddress(address: Address): string {
  if (address.kind === "unix") return address.path;
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}

/** True for an address that only this machine can reach. */
export function isLocal(address: Address): boolean {
  if (address.kind === "unix" || address.host === "localhost" || address.host === "::1") return true;
  return isIP(address.host) === 4 && address.host.startsWith("127.");
}

function invalid(text: string, why: string): TypeError {
  return typeError("UWSGI_INVALID_ADDRESS", `address ${JSON.stringify(text)}: ${why}`);
}
