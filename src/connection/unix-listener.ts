/**
 * Listening on a unix socket, so that nothing is stolen and nothing is left behind.
 *
 * It is bound under a private name beside its path, gets its owner and mode there, and is then linked to the
 * path: nobody can connect before they are right, a path that somebody took in the meantime is not
 * overwritten, and Node's own removal of the name it bound hits the private one.
 */
import { chmodSync, chownSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { dirname } from "node:path";
import { errorCode } from "../errors.ts";
import type { UnixAddress } from "./address.ts";
import { bind, type Bound, listenFailed } from "./bind.ts";
import type { Listening } from "./listen-options.ts";
import { watchPath } from "./path-watch.ts";
import { findOwner, type SocketOwner } from "./socket-owner.ts";
import { claim, type FileIdentity, identityAt, makeWay, privatePath, removeOurs } from "./socket-path.ts";

/** For those who had found a server just before its file was lost to have connected. */
const HANDOVER_MS = 100;

const DEFAULT_MODE = 0o660;

/** A server and the file it is reached by. */
interface Holding {
  readonly server: Server;
  readonly file: FileIdentity;
}

/** Takes the path and keeps it; see `Listening.recreate` for what happens when it is lost. */
export async function listenUnix(
  address: UnixAddress,
  makeServer: () => Server,
  options: Listening,
): Promise<Bound & { readonly address: UnixAddress }> {
  const owner = await findOwner(options);
  const take = (): Promise<Holding> => takePath(address, makeServer(), owner, options);
  let held = await take();
  let isClosed = false;
  let isReported = false;
  const former = new Set<Server>();
  const stopWatching = watchPath({
    path: address.path,
    get ours() {
      return held.file;
    },
    onLost: async (how) => {
      const next = options.recreate === true ? await take().catch(report) : undefined;
      if (isClosed) {
        if (next !== undefined) give(next);
        return "done";
      }
      if (next !== undefined) {
        retire(held.server, former);
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
  const give = ({ server, file }: Holding): void => {
    try {
      // Before it is closed: as long as we hold the file no other can have its number.
      removeOurs(address.path, file);
    } catch (error) {
      // That the file stays must not keep a server from closing.
      options.onError?.(error instanceof Error ? error : new Error(String(error)));
    }
    server.close();
  };
  return {
    address,
    close: () => {
      isClosed = true;
      stopWatching();
      for (const server of former) server.close();
      give(held);
    },
  };
}

async function takePath(
  address: UnixAddress,
  server: Server,
  owner: SocketOwner | undefined,
  options: Listening,
): Promise<Holding> {
  const path = privatePath(address);
  try {
    await makeWay(address);
    // 0o177: until chmod nobody but us may connect.
    await bind(server, address, { path }, options, setUmask(0o177));
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
    // Behind chown: a group must not have the socket before it is its own.
    chmodSync(path, options.mode ?? DEFAULT_MODE);
    const file = identityAt(path);
    if (file === undefined) throw new Error("the socket was removed at once");
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

/**
 * Closes a server that nobody can find any more, when it has accepted what was queued. libuv accepts one
 * connection each time round the loop: the queue is empty when a round brings none.
 */
function retire(server: Server, former: Set<Server>): void {
  former.add(server);
  let isQuiet = false;
  server.on("connection", () => {
    isQuiet = false;
  });
  const look = (): void => {
    if (isQuiet) {
      former.delete(server);
      server.close();
    } else {
      isQuiet = true;
      setImmediate(look);
    }
  };
  setTimeout(() => setImmediate(look), HANDOVER_MS).unref();
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
