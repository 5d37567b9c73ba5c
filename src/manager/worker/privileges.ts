/** A worker gives up what it was started with, before any code of the application runs, and makes sure that it has. */
import { UwsgiError } from "../../errors.ts";
import type { Privileges } from "../channel/worker-setup.ts";

/** What Node has where there are users. */
type Posix = Required<
  Pick<NodeJS.Process, "getuid" | "geteuid" | "getgid" | "getegid" | "getgroups" | "setuid" | "setgid" | "setgroups">
>;

/**
 * Takes mask, groups, group and user, in this order: each needs what the next one gives up. Throws a UwsgiError
 * (`UWSGI_PRIVILEGES`) when something cannot be taken, when it could be root again, and when it is root although nobody
 * has allowed that.
 */
export function dropPrivileges(privileges: Privileges): void {
  const { uid, gid, groups, umask, allowRoot = false } = privileges;
  if (umask !== undefined) process.umask(umask);
  const own = process as unknown as Posix;
  if (typeof own.setuid !== "function") {
    if (uid === undefined && gid === undefined && groups === undefined) return;
    throw refusal("there are no users and groups on this system");
  }
  const wanted = groups ?? (uid === undefined ? undefined : []);
  if (wanted !== undefined && !hasGroups(own, wanted, gid)) attempt("its groups", () => own.setgroups([...wanted]));
  if (gid !== undefined && !isGroup(own, gid)) attempt(`group ${gid}`, () => own.setgid(gid));
  if (uid !== undefined && !isUser(own, uid)) attempt(`user ${uid}`, () => own.setuid(uid));
  check(own, privileges, wanted);
  if (own.geteuid() !== 0 && own.getuid() !== 0) {
    if (canBecomeRoot(own)) throw refusal(`it is user ${own.getuid()}, and could still become root`);
    return;
  }
  if (!allowRoot)
    throw refusal("it would be root: say which user it shall be (uid), or that it may be root (allowRoot)");
}

function check(own: Posix, { uid, gid }: Privileges, groups: readonly number[] | undefined): void {
  if (uid !== undefined && !isUser(own, uid)) throw refusal(`it is user ${own.getuid()}, and not ${uid}`);
  if (gid !== undefined && !isGroup(own, gid)) throw refusal(`it is of group ${own.getgid()}, and not ${gid}`);
  if (groups !== undefined && !hasGroups(own, groups, gid)) {
    throw refusal(`it has groups ${own.getgroups().join(", ")}, and not ${groups.join(", ") || "none"}`);
  }
}

function canBecomeRoot(own: Posix): boolean {
  try {
    own.setuid(0);
    return true;
  } catch {
    return false;
  }
}

function isUser(own: Posix, uid: number): boolean {
  return own.getuid() === uid && own.geteuid() === uid;
}

function isGroup(own: Posix, gid: number): boolean {
  return own.getgid() === gid && own.getegid() === gid;
}

/** Node adds the group itself to the list, whether it is there or not. */
function hasGroups(own: Posix, groups: readonly number[], gid = own.getegid()): boolean {
  const has = new Set(own.getgroups().filter((group) => group !== gid));
  const wanted = new Set(groups.filter((group) => group !== gid));
  return has.size === wanted.size && [...wanted].every((group) => has.has(group));
}

function attempt(what: string, take: () => void): void {
  try {
    take();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UwsgiError(`a worker cannot take ${what}: ${reason}`, { code: "UWSGI_PRIVILEGES", cause: error });
  }
}

function refusal(why: string): UwsgiError {
  return new UwsgiError(`a worker has not got what it shall have: ${why}`, { code: "UWSGI_PRIVILEGES" });
}
