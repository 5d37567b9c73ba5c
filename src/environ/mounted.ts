/** The request target as an application sees it that is mounted below a path. */
import { type Environ, routedTargetOf } from "./environ.ts";
import { encodePath, parseTarget } from "./url.ts";

/** Where mounts note what of SCRIPT_NAME is theirs, decoded. */
export const MOUNTED = "uisge.mounted";

export interface MountedTarget {
  /** What is above: the encoded path of the mount point, without a slash at its end; "" for one that is not mounted. */
  readonly base: string;
  /** What is below: begins with a slash; with the query. */
  readonly below: string;
}

/**
 * The target in two: for a mounted application at the end of SCRIPT_NAME, whole for all others. As the client has
 * encoded it, where what is below is PATH_INFO in it; else (dot segments that cross the mount point) made of the vars.
 */
export function mountedTargetOf(environ: Environ): MountedTarget {
  const target = routedTargetOf(environ);
  return environ[MOUNTED] === undefined ? { base: "", below: target } : split(target, environ);
}

/** As `mountedTargetOf`, for who needs only what is below. */
export function targetBelowOf(environ: Environ): string {
  const target = routedTargetOf(environ);
  return environ[MOUNTED] === undefined ? target : split(target, environ).below;
}

function split(target: string, { SCRIPT_NAME: script, PATH_INFO: path }: Environ): MountedTarget {
  const mark = target.indexOf("?");
  const encoded = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? "" : target.slice(mark);
  const at = endOf(script, encoded);
  const rest = at === undefined ? "" : encoded.slice(at) || "/";
  return at !== undefined && isSame(rest, path)
    ? { base: encoded.slice(0, at), below: rest + query }
    : { base: encodePath(script), below: (encodePath(path) || "/") + query };
}

/** Where a decoded path ends in an encoded one that begins with it; undefined for one that does not. */
function endOf(script: string, encoded: string): number | undefined {
  let at = 0;
  for (let i = 0; i < script.length; i++) {
    // Front ends merge slashes.
    if (i > 0 && script[i - 1] === "/") while (encoded[at] === "/") at++;
    const isEncoded = encoded[at] === "%";
    const found = isEncoded ? byteAt(encoded, at) : encoded[at];
    if (found !== script[i]) return undefined;
    at += isEncoded ? 3 : 1;
  }
  return at;
}

function byteAt(encoded: string, at: number): string {
  return String.fromCharCode(Number.parseInt(encoded.slice(at + 1, at + 3), 16));
}

function isSame(encoded: string, path: string): boolean {
  if (encoded === path) return true;
  if (!encoded.startsWith("/")) return false;
  try {
    return parseTarget(encoded).path === (path.replace(/\/{2,}/g, "/") || "/");
  } catch {
    // It climbs above the mount point.
    return false;
  }
}
