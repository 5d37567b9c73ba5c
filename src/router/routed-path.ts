/**
 * The path of a request as rules see it: SCRIPT_NAME and PATH_INFO together, which front ends have decoded.
 *
 * Rules and the application behind them must not see two different paths, else a rule that closes `/admin` is gone
 * round. So a path whose meaning depends on who reads it is refused, not repaired: dot segments, NUL, no slash at its
 * beginning. Slashes are merged only for the comparison: what begins with `/admin` then does so in either form.
 * An encoded slash (%2F) is a slash to CGI: it is one here.
 */
import { ProtocolError } from "../errors.ts";

const DOT_SEGMENT = /(?:^|\/)\.\.?(?:\/|$)/;

/** Throws a ProtocolError (`UWSGI_BAD_TARGET`) for a path that cannot be routed safely. */
export function pathOf(scriptName: string, pathInfo: string): string {
  const path = rawPath(scriptName, pathInfo);
  // OPTIONS may be about the server as a whole.
  if (path === "" || path === "*") return path === "" ? "/" : path;
  if (!path.startsWith("/")) throw unsafe("does not begin with a slash");
  if (path.includes("\0")) throw unsafe("has a NUL in it");
  if (path.includes("/.") && DOT_SEGMENT.test(path)) throw unsafe("has dot segments");
  return path.includes("//") ? path.replace(/\/{2,}/g, "/") : path;
}

/** SCRIPT_NAME and PATH_INFO for an application that is mounted at `mount`; undefined when the path is not below it. */
export function mountedAt(
  mount: string,
  scriptName: string,
  pathInfo: string,
): readonly [scriptName: string, pathInfo: string] | undefined {
  const path = rawPath(scriptName, pathInfo);
  let at = 0;
  for (let i = 0; i < mount.length; i++) {
    if (mount[i - 1] === "/") while (path[at] === "/") at++;
    if (path[at] !== mount[i]) return undefined;
    at++;
  }
  // What is mounted deeper already stays so.
  if (at < scriptName.length || (at < path.length && path[at] !== "/")) return undefined;
  return [mount, path.slice(at)];
}

/** SCRIPT_NAME "/" is none, as PEP 3333 and `environFromVars` have it. */
function rawPath(scriptName: string, pathInfo: string): string {
  return scriptName === "/" ? (pathInfo.startsWith("/") ? pathInfo : `/${pathInfo}`) : scriptName + pathInfo;
}

function unsafe(why: string): ProtocolError {
  return new ProtocolError(`the path ${why}: it may mean one thing to the rules and another to the application`, {
    code: "UWSGI_BAD_TARGET",
  });
}
