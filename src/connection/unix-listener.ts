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
import type { AcceptingServer } from "./accepting-server.ts";
import type { UnixAddress } from "./address.ts";
import { bind, type Bound, closeBehindQueue, listenFailed } from "./bind.ts";
import type { Listening } from "./listen-options.ts";
import { watchPath } from "./path-watch.ts";
import { setAccess } from "./socket-access.ts";
import { findOwner, type SocketOwner } from "./socket-owner.ts";
import { claim, type FileIdentity, makeWay, privatePath, removeOurs } from "./socket-path.ts";

const DEFAULT_MODE = 0o660;

/** A server and the file it is reached by. */
interface Holding {
  readonly server: AcceptingServer;
  readonly file: FileIdentity;
}

/** Takes the path and keeps it; see `Listening.recreate` for what happens when it is lost. */
export async function listenUnix(
  address: UnixAddress,
  makeServer: () => AcceptingServer,
  options: Listening,
): Promise<Bound & { readonly address: UnixAddress }> {
  const owner = await findOwner(options);
  const take = (): Promise<Holding> => takePath(address, makeServer(), owner, options);
  let held = await take();
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
        if (next !== undefined) await give(next);
        return "done";
      }
      if (next !== undefined) {
        retired = Promise.all([retired, closeBehindQueue(held.server)]);
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
  const give = ({ server, file }: Holding): Promise<void> => {
    try {
      // Before it is closed: as long as we hold the file no other can have its number.
      removeOurs(address.path, file);
    } catch (error) {
      // That the file stays must not keep a server from closing.
      options.onError?.(error instanceof Error ? error : new Error(String(error)));
    }
    return closeBehindQueue(server);
  };
  return {
    address,
    close: async () => {
      isClosed = true;
      stopWatching();
      await Promise.all([retired, give(held)]);
    },
    stop: () => held.server.close(),
  };
}

async function takePath(
  address: UnixAddress,
  server: AcceptingServer,
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
