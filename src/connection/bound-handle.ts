/**
 * Sockets that are bound and held, while others listen on them.
 *
 * A `net.Server` that listens accepts, and there is no way to have one that does not; `net._createServerHandle`, which
 * Node's cluster is built on, binds only. It is not public, and the same in Node 20 to 26. All that is known of it is
 * here.
 */
import net, { type AddressInfo, isIP } from "node:net";
import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";
import type { Where } from "./server-socket.ts";

export interface BoundHandle {
  readonly fd: number;
  /** The descriptor is closed when the call returns. */
  close(): void;
  /** TCP only: fills in address, port and family. Answers 0, or an error of the system below 0. */
  getsockname?(own: Partial<AddressInfo>): number;
}

type CreateServerHandle = (
  address: string | null,
  port: number | null,
  addressType: number | null,
  fd?: number,
) => BoundHandle | number;

/** Binds a socket, or takes the one at `where.fd`. Throws as `net.Server` reports it: `listen EADDRINUSE: ...`. */
export function bindHandle(where: Where): BoundHandle {
  const made = create(where);
  if (typeof made === "number") throw listenError(made, where);
  if (where.path !== undefined || made.getsockname === undefined) return made;
  // That a port is taken is not told when it is bound, but by whatever is called next.
  const own: Partial<AddressInfo> = {};
  const status = made.getsockname(own);
  const isTaken = where.fd === undefined && (own.port === 0 || (where.port !== 0 && own.port !== where.port));
  if (status === 0 && !isTaken) return made;
  made.close();
  throw listenError(status === 0 ? -constants.errno.EADDRINUSE : status, where);
}

function create({ fd, path, host = "", port = 0 }: Where): BoundHandle | number {
  const { _createServerHandle: make } = net as unknown as { readonly _createServerHandle?: CreateServerHandle };
  if (typeof make !== "function") throw new Error("this Node has no net._createServerHandle: sockets cannot be held");
  if (fd !== undefined) return make(null, null, null, fd);
  return path === undefined ? make(host, port, isIP(host)) : make(path, -1, -1);
}

function listenError(errno: number, { fd, path, host, port }: Where): NodeJS.ErrnoException {
  const [code, text] = getSystemErrorMap().get(errno) ?? ["UNKNOWN", "unknown error"];
  const where = fd === undefined ? (path ?? `${host}:${port}`) : `descriptor ${fd}`;
  return Object.assign(new Error(`listen ${code}: ${text} ${where}`), { code, errno, syscall: "listen" });
}
