/** Whose a connection is. */
import { formatAddress } from "./address.ts";
import type { StreamHandle } from "./stream-binding.ts";

export interface Remote {
  readonly host: string;
  readonly port: number;
}

/** Address of a TCP peer; undefined on a unix socket, and where the peer has reset the connection already. */
export function peerAddress(handle: StreamHandle): Remote | undefined {
  const found: { address?: string; port?: number } = {};
  if (handle.getpeername === undefined || handle.getpeername(found) < 0) return undefined;
  const { address: host, port = 0 } = found;
  return host === undefined ? undefined : { host, port };
}

/** The peer for logs; `name` stands for it where the system knows no address. */
export function nameOfPeer(remote: Remote | undefined, name: string): string {
  return remote === undefined ? name : formatAddress({ kind: "tcp", ...remote });
}
