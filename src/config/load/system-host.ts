/** The world, for readers of configurations. */
import { lstatSync, openSync, closeSync, fstatSync, readSync, realpathSync, statSync, constants } from "node:fs";
import { availableParallelism, hostname, userInfo } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { version } from "../../process/index.ts";
import type { ConfigHost } from "../host.ts";
import { matchingPaths } from "./matching-paths.ts";

/** Of this process. `env`: what `$(NAME)` finds; `folder`: where relative paths begin. */
export function systemHost(env: ConfigHost["env"] = process.env, folder: string = process.cwd()): ConfigHost {
  const placed = (path: string): string =>
    path.startsWith("/") || folder === process.cwd() ? path : join(folder, path);
  return {
    env,
    hostname: hostname(),
    cwd: folder,
    processors: availableParallelism(),
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    user: userName(),
    group: String(process.getgid?.() ?? 0),
    executable: process.execPath,
    version,
    startedAtMs: performance.timeOrigin,
    isReload: env["UISGE_PREDECESSOR"] !== undefined,
    readText: (path, mostBytes) => readText(placed(path), mostBytes),
    kindOf: (path) => kindOf(placed(path)),
    fullPath: (path) => fullPath(placed(path)),
    inodeOf: (path) => inodeOf(placed(path)),
    glob: (pattern) => {
      const isPlaced = placed(pattern) !== pattern;
      const paths = matchingPaths(placed(pattern));
      return isPlaced ? paths.map((path) => relative(folder, path) + (path.endsWith("/") ? "/" : "")) : paths;
    },
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without a name, as in many containers.
    return String(process.getuid?.() ?? 0);
  }
}

/** A fifo must hold up nobody, and a device fill no memory. */
function readText(path: string, mostBytes: number): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw new Error("it is a folder");
    if (stat.size > mostBytes) throw new Error(`it has ${stat.size} bytes, at most ${mostBytes} are allowed`);
    const bytes = Buffer.alloc(mostBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
    if (length > mostBytes) throw new Error(`it has more than ${mostBytes} bytes, which is the most that is allowed`);
    return bytes.toString("utf8", 0, length);
  } finally {
    closeSync(descriptor);
  }
}

function kindOf(path: string): "file" | "folder" | "other" | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (stat.isFile()) return "file";
    return stat.isDirectory() ? "folder" : "other";
  } catch {
    // A name that is too long, a folder that may not be entered.
    return undefined;
  }
}

function fullPath(path: string): string {
  const whole = resolve(path);
  try {
    return join(realpathSync(dirname(whole)), basename(whole));
  } catch {
    return whole;
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return lstatSync(path).ino;
  } catch {
    return undefined;
  }
}
