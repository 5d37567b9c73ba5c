/**
 * Listening on a unix socket, so that nothing is stolen and nothing is left behind.
 *
 * It is bound under a private name beside its path, gets its owner and mode there, and is then linked to the
 * path: nobody can connect before they are right, a path that somebody took in the meantime is not
 * overwritten, and Node's own removal of the name it bound hits the private one.
 */
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode } from "../errors.ts";
import type { UnixAddress } from "./address.ts";
import { bind, type Bound, closeBehindQueue, closeServer, listenFailed } from "./bind.ts";
import type { Listening } from "./listen-options.ts";
import { watchPath } from "./path-watch.ts";
import type { ServerSocket } from "./server-socket.ts";
import { setAccess } from "./socket-access.ts";
import { findOwner, type SocketOwner } from "./socket-owner.ts";
import { claim, type FilePlace, makeWay, privatePath, removeOurs } from "./socket-path.ts";

const DEFAULT_MODE = 0o660;

/** A server and the file it is reached by. */
interface Holding {
  readonly server: ServerSocket;
  readonly file: FilePlace;
}

type UnixBound = Bound & { readonly address: UnixAddress };

/** Takes the path and keeps it; see `Listening.recreate` for what happens when it is lost. */
export async function listenUnix(
  address: UnixAddress,
  makeServer: () => ServerSocket,
  options: Listening,
): Promise<UnixBound> {
  const owner = await findOwner(options);
  const take = (): Promise<Holding> => takePath(address, makeServer(), owner, options);
  return keepPath(address, await take(), take, options);
}

/** Keeps a path that the process before this one has taken, and whose socket is inherited as `fd`. */
export async function adoptUnix(
  address: UnixAddress,
  { fd, file }: { readonly fd: number; readonly file: FilePlace },
  makeServer: () => ServerSocket,
  options: Listening,
): Promise<UnixBound> {
  const owner = await findOwner(options);
  const server = makeServer();
  await bind(server, address, { fd }, options);
  return keepPath(address, { server, file }, () => takePath(address, makeServer(), owner, options), options);
}

function keepPath(address: UnixAddress, first: Holding, take: () => Promise<Holding>, options: Listening): UnixBound {
  let held = first;
  let isClosed = false;
  let isReported = false;
  /** Servers whose file was lost: settles when they have closed. */
  let retired: Promise<unknown> = Promise.resolve();
  const stopWatching = watchPath({
    path: address.path,
    get ours() {
      return held.file;
    },
    onLost: async (how) => {
      const next = options.recreate === true ? await take().catch(report) : undefined;
      if (isClosed) {
        if (next !== undefined) await give(next, true);
        return "done";
      }
      if (next !== undefined) {
        retired = Promise.all([retired, closeBehindQueue(held.server, false)]);
        held = next;
      }
      if (next !== undefined || !isReported) options.onLost?.(how, next !== undefined);
      isReported = next === undefined;
      return options.recreate === true ? "keep-watching" : "done";
    },
  });
  const report = (error: unknown): undefined => {
    if (!isReported) options.onError?.(error instanceof Error ? error : new Error(String(error)));
  };
  const give = ({ server, file }: Holding, behindQueue: boolean): Promise<void> => {
    try {
      // Before it is closed: as long as we hold the file no other can have its number.
      removeOurs(address.path, file);
    } catch (error) {
      // That the file stays must not keep a server from closing.
      options.onError?.(error instanceof Error ? error : new Error(String(error)));
    }
    return closeServer(server, behindQueue, false);
  };
  const stopKeeping = (): void => {
    isClosed = true;
    stopWatching();
  };
  return {
    address,
    get file() {
      return held.file;
    },
    close: async ({ behindQueue = true } = {}) => {
      stopKeeping();
      await Promise.all([retired, give(held, behindQueue)]);
    },
    stop: () => {
      stopKeeping();
      held.server.close();
    },
  };
}

async function takePath(
  address: UnixAddress,
  server: ServerSocket,
  owner: SocketOwner | undefined,
  options: Listening,
): Promise<Holding> {
  const path = privatePath(address);
  try {
    await makeWay(address);
    // 0o177: until chmod nobody but us may connect.
    // By this process, also where a cluster's primary would do it: the umask is ours, and so is the file.
    await bind(server, address, { path, exclusive: true }, options, setUmask(0o177));
    const file = setAccess(path, owner, options.mode ?? DEFAULT_MODE);
    claim(path, address);
    return { server, file };
  } catch (error) {
    server.close();
    rmSync(path, { force: true });
    throw errorCode(error instanceof Error ? error.cause : undefined) === "EACCES"
      ? listenFailed(address, (error as Error).cause, `the folder ${dirname(address.path)} may not be written to`)
      : listenFailed(address, error);
  }
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
