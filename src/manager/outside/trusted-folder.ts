/**
 * Whether somebody else can change where a path leads: by a folder on the way that they may write to, where they can put
 * a link, or another folder, in the place of the next one. For what root makes or reads there.
 */
import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";

/** As the system counts before it says ELOOP. */
const MOST_LINKS = 40;

/**
 * Undefined when only root and we can change what lies at `path`, file or not; else why not, as a clause. Links are
 * followed, and what they lead through is looked at, too. Throws as `lstat` where a folder cannot be looked at.
 */
export function distrust(path: string): string | undefined {
  let links = 0;
  let at: string = sep;
  const rest = partsOf(dirname(resolve(path)));
  for (;;) {
    const found = lstatSync(at, { throwIfNoEntry: false });
    // Nobody who is not trusted can make it.
    if (found === undefined) return undefined;
    if (found.isSymbolicLink()) {
      if (++links > MOST_LINKS) return `${path} leads through more than ${MOST_LINKS} links`;
      if (!isTrusted(found)) return `${at} is a link of user ${found.uid}`;
      const target = readlinkSync(at);
      rest.unshift(...partsOf(resolve(dirname(at), target)));
      at = sep;
    } else {
      const objection = objectionTo(at, found);
      if (objection !== undefined) return objection;
    }
    const next = rest.shift();
    if (next === undefined) return undefined;
    at = join(at, next);
  }
}

function objectionTo(folder: string, found: Stats): string | undefined {
  if (!isTrusted(found)) return `${folder} belongs to user ${found.uid}`;
  // In a sticky folder, such as /tmp, what is root's or ours stays where it is.
  if ((found.mode & 0o022) === 0 || (found.mode & 0o1000) !== 0) return undefined;
  return `others may write to ${folder}, which has mode 0${(found.mode & 0o7777).toString(8)}`;
}

function isTrusted({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

function partsOf(path: string): string[] {
  return path.split(sep).filter((part) => part !== "");
}
