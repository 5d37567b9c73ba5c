/** What root does for another user, with no more rights than that one has. */
export interface Rights {
  readonly uid?: number;
  readonly gid?: number;
  /** Supplementary groups. Default none. */
  readonly groups?: readonly number[];
}

/** What Node has where there are users. */
type Posix = Required<Pick<NodeJS.Process, "geteuid" | "getegid" | "getgroups" | "seteuid" | "setegid" | "setgroups">>;

/**
 * Calls `act`, which must not wait for anything, as that user, and answers what it answers. As we are, where we are not
 * root, or that is the user. Throws what `act` throws, and EPERM where the user cannot be taken.
 */
export function asUser<Result>({ uid, gid, groups = [] }: Rights, act: () => Result): Result {
  const own = process as unknown as Posix;
  if (uid === undefined || uid === 0 || own.geteuid?.() !== 0) return act();
  const before = { gid: own.getegid(), groups: own.getgroups() };
  try {
    own.setgroups([...groups]);
    own.setegid(gid ?? before.gid);
    own.seteuid(uid);
    return act();
  } finally {
    // The user first: root alone may take the others.
    own.seteuid(0);
    own.setegid(before.gid);
    own.setgroups(before.groups);
  }
}
