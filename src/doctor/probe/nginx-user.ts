/** The user that nginx's workers run as: of a running worker, else of the directive `user`. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Block } from "../nginx/configuration.ts";
import { ownOf } from "../nginx/inherit.ts";
import type { User } from "../rules/sockets.ts";

/** Where nginx keeps its pid when no directive says so, by distribution. */
const PID_FILES = ["/run/nginx.pid", "/var/run/nginx.pid", "/usr/local/nginx/logs/nginx.pid"];

/** Undefined when neither a worker runs nor a user is named, or the system does not know the name. */
export function findNginxUser(main: Block, name?: string): User | undefined {
  if (name !== undefined) return userNamed(name);
  const pid = ownOf(main, "pid")[0]?.args[0];
  const worker = (pid === undefined ? PID_FILES : [resolve("/", pid)]).map(workerOf).find((user) => user !== undefined);
  const [user, group] = ownOf(main, "user")[0]?.args ?? [];
  return worker ?? (user === undefined ? undefined : userNamed(user, group));
}

/** By name; with another primary group where one is given. */
export function userNamed(name: string, group?: string): User | undefined {
  const row = rowsOf("/etc/passwd").find(([known]) => known === name);
  if (row === undefined) return undefined;
  const groups = rowsOf("/etc/group");
  const primary =
    group === undefined ? Number(row[3]) : Number(groups.find(([known]) => known === group)?.[2] ?? row[3]);
  const others = groups.filter(([, , , members]) => members?.split(",").includes(name)).map(([, , gid]) => Number(gid));
  return { name, uid: Number(row[2]), gids: [primary, ...others], group: groupName(primary) };
}

/** The user of the first child of the process in a pid file (Linux). */
function workerOf(pidFile: string): User | undefined {
  const master = Number.parseInt(readOrEmpty(pidFile), 10);
  if (!(master > 1)) return undefined;
  const worker = Number.parseInt(readOrEmpty(`/proc/${master}/task/${master}/children`), 10);
  const status = readOrEmpty(`/proc/${worker}/status`);
  if (!/^Name:\s*nginx$/m.test(status)) return undefined;
  const ids = (field: string): readonly number[] => {
    const line = new RegExp(`^${field}:([\\s\\d]*)$`, "m").exec(status)?.[1] ?? "";
    return line
      .split(/\s+/)
      .filter((word) => word !== "")
      .map(Number);
  };
  const [, uid] = ids("Uid");
  const [, gid] = ids("Gid");
  if (uid === undefined || gid === undefined) return undefined;
  const name = rowsOf("/etc/passwd").find(([, , known]) => known === String(uid))?.[0] ?? String(uid);
  return { name, uid, gids: [gid, ...ids("Groups")], group: groupName(gid) };
}

function groupName(gid: number): string {
  return rowsOf("/etc/group").find(([, , known]) => known === String(gid))?.[0] ?? String(gid);
}

function rowsOf(path: string): readonly (readonly string[])[] {
  return readOrEmpty(path)
    .split("\n")
    .map((line) => line.split(":"));
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not there, or not ours to read: then it is not known.
    return "";
  }
}
