/**
 * Taking a path for a unix socket, and giving it back, without harm to anybody else's.
 *
 * A dead socket is removed only as the one that was found dead: it is moved aside first, which only one of
 * several processes can do, and put back when it turns out to be another. A path is taken by a link, which
 * never overwrites.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type BigIntStats, existsSync, linkSync, lstatSync, renameSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { basename, dirname, join } from "node:path";
import { ConnectionError, errorCode } from "../errors.ts";
import { MAX_PATH_BYTES, type UnixAddress } from "./address.ts";
import { inUse, listenFailed } from "./bind.ts";

/** Tells a file from all others that exist at the same time; `mtimeNs` from those that come later, too. */
export type FileIdentity = Pick<BigIntStats, "dev" | "ino" | "mtimeNs">;

/** Enough for a file that is held, whose number no other can have. */
export type FilePlace = Pick<FileIdentity, "dev" | "ino">;

/** What lies at a path itself, links not followed; undefined when nothing does. */
export function identityAt(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

export function isSameFile(a: FilePlace | undefined, b: FilePlace): boolean {
  return a?.dev === b.dev && a.ino === b.ino;
}

/** Removes a socket file that nobody answers at; refuses whatever else is there. */
export async function makeWay(address: UnixAddress): Promise<void> {
  const folder = dirname(address.path);
  let found: BigIntStats | undefined;
  try {
    found = identityAt(address.path);
  } catch (error) {
    throw listenFailed(address, error);
  }
  if (found === undefined) {
    if (existsSync(folder)) return;
    throw listenFailed(address, new Error("no such folder"), `there is no folder ${folder}`);
  }
  if (!found.isSocket()) {
    const what = found.isSymbolicLink() ? "a symbolic link" : "something that is not a socket";
    throw listenFailed(address, new Error("not a socket"), `there is ${what}, and it stays`);
  }
  if (await isAnswered(address.path)) throw inUse(address);
  if (!discard(address, found)) throw inUse(address);
}

/**
 * Removes the file at the path if it is still the `dead` one; true also when it is gone already. False:
 * another is there, and stays. `look` is for tests of what happens in between.
 */
export function discard(address: UnixAddress, dead: FileIdentity, look: typeof identityAt = identityAt): boolean {
  const aside = privatePath(address);
  try {
    const now = look(address.path);
    if (now === undefined) return true;
    if (!isUnchanged(now, dead)) return false;
    renameSync(address.path, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return true;
    throw listenFailed(address, error);
  }
  const moved = look(aside);
  if (moved !== undefined && !isUnchanged(moved, dead)) {
    putBack(aside, address);
    return false;
  }
  unlinkSync(aside);
  return true;
}

/** Gives what was bound at `from` its name, unless somebody has taken it since. */
export function claim(from: string, address: UnixAddress): void {
  try {
    linkSync(from, address.path);
    unlinkSync(from);
  } catch (error) {
    if (errorCode(error) === "EEXIST") throw inUse(address);
    // Not every file system links sockets.
    renameSync(from, address.path);
  }
}

/** Removes the path if it is still what we made. */
export function removeOurs(path: string, ours: FilePlace): void {
  if (isSameFile(identityAt(path), ours)) unlinkSync(path);
}

/** A free name beside the path, longer only than a very short one: both must fit a socket address. */
export function privatePath(address: UnixAddress): string {
  const name = basename(address.path);
  // Letters only: Node takes a path that reads as a number (`.2764e51`) for a port.
  const random = Array.from(randomBytes(8), (byte) => String.fromCharCode(97 + (byte % 26))).join("");
  const path = join(dirname(address.path), `.${name.slice(0, -9)}${random}`.slice(0, Math.max(name.length, 5)));
  const bytes = Buffer.byteLength(path);
  if (bytes <= MAX_PATH_BYTES) return path;
  throw new ConnectionError(
    `cannot listen on ${address.path}: a name of 5 bytes must fit beside it, that makes ${bytes}, at most ` +
      `${MAX_PATH_BYTES} are allowed`,
    { code: "UWSGI_LISTEN_FAILED" },
  );
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

/** The number of a removed file is given to the next one: the time tells them apart. */
function isUnchanged(now: FileIdentity, before: FileIdentity): boolean {
  return isSameFile(now, before) && now.mtimeNs === before.mtimeNs;
}

/** Between looking and moving somebody else has taken the path: it gets its name again. */
function putBack(aside: string, address: UnixAddress): void {
  try {
    claim(aside, address);
  } catch (error) {
    throw listenFailed(
      address,
      error,
      `what was at the path had to be moved aside and cannot be put back: it is at ${aside}`,
    );
  }
}
