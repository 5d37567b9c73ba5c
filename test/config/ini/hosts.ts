/** Worlds in which configurations are read: one that is made up, and this machine. */
import { readFileSync, lstatSync, statSync, realpathSync } from "node:fs";
import { cpus, hostname, userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import type { ConfigHost } from "../../../src/config/host.ts";

/** Files by path; a path that ends in a slash is a folder. */
export type Files = Readonly<Record<string, string>>;

const madeUp: Omit<ConfigHost, "readText" | "kindOf" | "fullPath" | "inodeOf" | "glob"> = {
  env: {},
  hostname: "box",
  cwd: "/srv",
  processors: 4,
  uid: 33,
  gid: 34,
  user: "www-data",
  group: "www",
  executable: "/usr/bin/uisge",
  version: "1.2.3",
  startedAtMs: 1_700_000_000_123.456,
  isReload: false,
};

/** `reads` counts how often a file is read. */
export function memoryHost(files: Files, changes: Partial<ConfigHost> = {}): ConfigHost & { readonly reads: string[] } {
  const reads: string[] = [];
  return {
    ...madeUp,
    readText: (path, mostBytes) => {
      reads.push(path);
      const text = Object.hasOwn(files, path) ? files[path] : undefined;
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      if (text.length > mostBytes) throw new Error(`${text.length} bytes, at most ${mostBytes} are read`);
      return text;
    },
    kindOf: (path) => {
      if (Object.hasOwn(files, `${path}/`)) return "folder";
      return Object.hasOwn(files, path) ? "file" : undefined;
    },
    fullPath: (path) => (path.startsWith("/") ? path : `/srv/${path}`),
    inodeOf: () => 77,
    glob: (pattern) => {
      const [before = "", after = ""] = pattern.split("*");
      return Object.keys(files).filter((path) => path.startsWith(before) && path.endsWith(after));
    },
    reads,
    ...changes,
  };
}

/** As uWSGI sees this machine when it is started in `cwd`. */
export function machineHost(cwd: string, changes: Partial<ConfigHost> = {}): ConfigHost {
  const from = (path: string): string => (isAbsolute(path) ? path : join(cwd, path));
  const { uid, gid, username } = userInfo();
  return {
    ...madeUp,
    cwd,
    hostname: hostname(),
    processors: cpus().length,
    uid,
    gid,
    user: username,
    readText: (path) => readFileSync(from(path), "utf8"),
    kindOf: (path) => {
      const stats = statSync(from(path), { throwIfNoEntry: false });
      if (stats?.isFile() === true) return "file";
      return stats?.isDirectory() === true ? "folder" : stats && "other";
    },
    fullPath: (path) => realpathSync(from(path)),
    inodeOf: (path) => lstatSync(from(path), { throwIfNoEntry: false })?.ino,
    glob: () => [],
    ...changes,
  };
}
