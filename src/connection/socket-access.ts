/** Owner and mode of a socket file that was just made. */
import {
  type BigIntStats,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lchownSync,
  lstatSync,
  openSync,
} from "node:fs";
import type { SocketOwner } from "./socket-owner.ts";

/** Linux's: names a file without opening it. Node has no constant for it. */
const O_PATH = 0o10000000;

/**
 * Sets owner, then mode (a group must not have the socket before it is its own); answers what the file is.
 *
 * Whoever may write to the folder may put a link at the name at any moment, and a server that is started by root
 * would give away what the link points to. On Linux the file is therefore named once, without following links,
 * looked at, and changed under that name; elsewhere it is looked at before.
 */
export function setAccess(path: string, owner: SocketOwner | undefined, mode: number): BigIntStats {
  if (!existsSync("/proc/self/fd")) {
    const file = checkSocket(path, lstatSync(path, { bigint: true }));
    if (owner !== undefined) lchownSync(path, owner.uid, owner.gid);
    chmodSync(path, mode);
    return file;
  }
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    const file = checkSocket(path, fstatSync(fd, { bigint: true }));
    const name = `/proc/self/fd/${fd}`;
    if (owner !== undefined) chownSync(name, owner.uid, owner.gid);
    chmodSync(name, mode);
    return file;
  } finally {
    closeSync(fd);
  }
}

function checkSocket(path: string, file: BigIntStats): BigIntStats {
  // A second name would be somebody's who wants to see its mode changed.
  if (file.isSocket() && file.nlink === 1n) return file;
  throw new Error(`what was bound at ${path} has been replaced by something else`);
}
