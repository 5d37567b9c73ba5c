/**
 * Where control sockets are found: one folder a user, which nobody else may enter.
 *
 * A folder that others could have made, moved or filled is refused, never repaired: whoever owns it is who answers, or
 * is heard. For root it is in `/run`; for others where the system has such a folder for them, else in the folder for
 * temporary files, under a name that anybody may take first.
 */
import { existsSync, lstatSync, mkdirSync, statSync, type Stats } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { ConnectionError, errorCode } from "../../errors.ts";
import { distrust } from "../outside/trusted-folder.ts";

/** Bytes of a unix socket's path that every system takes. */
const MAX_PATH_BYTES = 103;

/** The folder of this user; nothing is made. */
export function runtimeFolder(env: NodeJS.ProcessEnv = process.env, uid: number = ownUid()): string {
  if (uid === 0) return existsSync("/run") ? "/run/uisge" : "/var/run/uisge";
  const { XDG_RUNTIME_DIR: given } = env;
  // After su(1) it may still be that of another user.
  if (given !== undefined && isAbsolute(given) && statSync(given, { throwIfNoEntry: false })?.uid === uid) {
    return join(given, "uisge");
  }
  return join(tmpdir(), `uisge-${uid}`);
}

/** Makes the folder, or finds it as it must be. Throws a ConnectionError (`UWSGI_LISTEN_FAILED`) that says what is wrong. */
export function makeRuntimeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw refused(folder, (error as Error).message, error);
  }
  if (!checkRuntimeFolder(folder)) throw refused(folder, "it was removed at the same time");
}

/** True where the folder is there and is ours alone; false where there is none. Throws as `makeRuntimeFolder`. */
export function checkRuntimeFolder(folder: string): boolean {
  let found: Stats | undefined;
  try {
    found = lstatSync(folder, { throwIfNoEntry: false });
  } catch (error) {
    throw refused(folder, (error as Error).message, error);
  }
  if (found === undefined) return false;
  if (found.isSymbolicLink()) throw refused(folder, "it is a symbolic link, and a folder is needed");
  if (!found.isDirectory()) throw refused(folder, "it is no folder");
  if (found.uid !== ownUid()) throw refused(folder, `it belongs to user ${found.uid}, and ${ownUid()} is needed`);
  const mode = found.mode & 0o777;
  if ((mode & 0o077) !== 0) throw refused(folder, `it has mode 0${mode.toString(8)}, and 0700 is needed`);
  return true;
}

/**
 * Refuses the folder of a path that an operator has chosen when others could put something of theirs in the place of
 * what is in it: it must be ours or root's, and writable for nobody else unless it is sticky, as `/tmp` is.
 */
export function checkFolderOf(path: string): void {
  const folder = dirname(path);
  let found: Stats;
  try {
    found = statSync(folder);
  } catch (error) {
    throw refused(folder, (error as Error).message, error);
  }
  if (found.uid !== ownUid() && found.uid !== 0) {
    throw refused(folder, `it belongs to user ${found.uid}, and ${ownUid()} or root is needed`);
  }
  const mode = found.mode & 0o7777;
  if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) {
    throw refused(folder, `others may write to it: it has mode 0${mode.toString(8)}, such as 0755 is needed`);
  }
  // Whom root obeys shall not be somebody else's by a folder above it.
  const objection = ownUid() === 0 ? distrust(path) : undefined;
  if (objection !== undefined) throw refused(folder, objection);
}

/** The socket of a manager in the folder; what is no part of a file's name becomes `_`, and a long name is cut. */
export function controlPath(folder: string, name: string, pid: number): string {
  const end = `-${pid}.sock`;
  const room = MAX_PATH_BYTES - Buffer.byteLength(join(folder, end));
  const plain = name.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_");
  return join(folder, `${plain.slice(0, Math.max(1, Math.min(40, room))) || "_"}${end}`);
}

/** Name and pid of the file of a control socket; undefined for what is none. */
export function parseControlFile(file: string): { readonly name: string; readonly pid: number } | undefined {
  const [, name, pid] = /^([A-Za-z0-9_-][A-Za-z0-9._-]*)-([1-9]\d{0,9})\.sock$/.exec(file) ?? [];
  return name === undefined ? undefined : { name, pid: Number(pid) };
}

/** Not there on Windows, where no folder has an owner either. */
function ownUid(): number {
  return process.getuid?.() ?? 0;
}

function refused(folder: string, why: string, cause?: unknown): ConnectionError {
  return new ConnectionError(`the folder ${folder} is not for control sockets: ${why}`, {
    code: "UWSGI_LISTEN_FAILED",
    ...(cause === undefined ? {} : { cause }),
  });
}
