/**
 * A socket that is held for other processes: bound as for listening, with all that belongs to its path, and never
 * accepted from here. Children that get the descriptor listen on it (`inheritedAs`).
 */
import { type Address, inheritedAs } from "./address.ts";
import type { Bound } from "./bind.ts";
import { HoldingServer, type OpenQueue } from "./holding-server.ts";
import type { Listening, ListenOptions } from "./listen-options.ts";
import { bindTo, noCertificate, overTls } from "./listener.ts";
import type { ServerSocket } from "./server-socket.ts";
import type { FilePlace } from "./socket-path.ts";
import { adoptUnix } from "./unix-listener.ts";

export interface HoldOptions extends ListenOptions, Pick<Listening, "onLost" | "onError"> {
  /** Told when a path that was lost has been bound anew: `fd` is another one, and workers have the old one. */
  readonly onReplaced?: (socket: HeldSocket) => void;
  /** Makes what was bound listen. Default: at once, by a program of its own. For who has several at a time. */
  readonly openQueue?: OpenQueue;
}

export interface HeldSocket {
  /** A TCP port 0 has become the real one. */
  readonly address: Address;
  /** For children to inherit. Another one when the path was bound anew; -1 when it is closed. */
  readonly fd: number;
  /** The file that is ours, and goes with `close`; undefined for TCP, and where somebody else has made the socket. */
  readonly file: FilePlace | undefined;
  /** Removes the path if it is still ours, and closes the descriptor: the socket lives on in children that have it. */
  close(): Promise<void>;
  /** Closes the descriptor at once and leaves the path: others have both. */
  release(): void;
}

/**
 * Binds an address, or takes an inherited one, and has connections queue there. Rejects as `listen` does: with a
 * ConnectionError (`UWSGI_ADDRESS_IN_USE`, `UWSGI_LISTEN_FAILED`) or a TypeError.
 */
export async function holdSocket(address: Address, options: HoldOptions = {}): Promise<HeldSocket> {
  if (address.kind === "tls" && options.tls === undefined) throw noCertificate(address);
  return hold((makeServer, listening) => bindTo(address, makeServer, listening), options);
}

/** Takes over what another process has held at `address`; `file`: with the path, to be watched and removed. */
export async function adoptSocket(
  fd: number,
  address: Address,
  file: FilePlace | undefined,
  options: HoldOptions = {},
): Promise<HeldSocket> {
  const carrier = address.kind === "tls" ? address.over : address;
  if (file === undefined || carrier.kind !== "unix") return holdSocket(inheritedAs(fd, address), options);
  return hold(async (makeServer, listening) => {
    const bound = await adoptUnix(carrier, { fd, file }, makeServer, listening);
    return address.kind === "tls" ? overTls(bound, address) : bound;
  }, options);
}

async function hold(
  bindBy: (makeServer: () => ServerSocket, listening: Listening) => Promise<Bound>,
  options: HoldOptions,
): Promise<HeldSocket> {
  let made: HoldingServer | undefined;
  const makeServer = (): ServerSocket => (made = new HoldingServer(options.openQueue));
  const bound = await bindBy(makeServer, {
    ...options,
    onLost: (how, isRecreated) => {
      if (isRecreated) server = made;
      options.onLost?.(how, isRecreated);
      if (isRecreated) options.onReplaced?.(held);
    },
  });
  let server = made;
  const held: HeldSocket = {
    address: bound.address,
    get fd() {
      return server?.fd ?? -1;
    },
    get file() {
      return bound.file;
    },
    close: () => bound.close(),
    release: () => bound.stop(),
  };
  return held;
}
