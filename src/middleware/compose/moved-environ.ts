/**
 * The environ of a mounted application: a copy, moved below the mount point, so that each side finds its own at any
 * time. Moved in place it would be wrong for one of them as soon as an answer takes time: for a body that is made
 * while it is sent, or for the log. Pure.
 */
import { shapedDictionary } from "../../codec/index.ts";
import { type Environ, MOUNTED } from "../../environ/index.ts";

/** The same vars in an environ of its own. */
export function copyOf(environ: Environ): Environ {
  return shapedDictionary<unknown>(Object.keys(environ), Object.values(environ)) as Environ;
}

/** The environ below `prefix`, with which its PATH_INFO begins. REQUEST_URI stays as the client has sent it. */
export function movedBelow(environ: Environ, prefix: string): Environ {
  const moved = copyOf(environ);
  // RFC 3875 4.1.13: no slash at its end, what is below begins with one.
  moved.SCRIPT_NAME = environ.SCRIPT_NAME.replace(/\/+$/, "") + prefix;
  moved.PATH_INFO = environ.PATH_INFO.slice(prefix.length);
  const { [MOUNTED]: above } = environ;
  moved[MOUNTED] = typeof above === "string" ? above + prefix : prefix;
  return moved;
}

/**
 * Takes over what was left in the environ below: who the client is (REMOTE_USER), a session, whatever middleware or the
 * application has put there. Not what is of that place alone.
 */
export function carryBack(moved: Environ, environ: Environ): void {
  for (const name of Object.keys(moved)) {
    const value = moved[name];
    if (value === environ[name] || ofItsPlace.has(name) || name.startsWith("wsgi.")) continue;
    environ[name] = value;
  }
  // What a front end has said of the user, and nobody has believed: outside, the log has it too.
  for (const name of ofTheUser) if (moved[name] === undefined && environ[name] !== undefined) delete environ[name];
}

const ofTheUser = ["REMOTE_USER", "AUTH_TYPE", "uisge.user"];

const ofItsPlace: ReadonlySet<string> = new Set(["SCRIPT_NAME", "PATH_INFO", MOUNTED, "uisge.request"]);
