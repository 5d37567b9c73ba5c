/** Where a Node request is, as an environ says it: what Express and Connect have made of its path. */
import type { IncomingMessage } from "node:http";
import { type Environ, MOUNTED, parseTarget, type Target } from "../../../environ/index.ts";
import { isBelow } from "../paths.ts";

/** What mounting in Express (`baseUrl`) and in Connect leaves. */
type Routed = IncomingMessage & { readonly baseUrl?: string; readonly originalUrl?: string };

/** The target as the client sent it. */
export function originalOf(req: Routed): string {
  return req.originalUrl ?? req.url ?? "/";
}

/**
 * Moves an environ to where the request is by now: SCRIPT_NAME as mounted, PATH_INFO and QUERY_STRING as `req.url` says,
 * which may have been rewritten. Throws a ProtocolError (`UWSGI_BAD_TARGET`).
 */
export function place(environ: Environ, req: Routed): void {
  const { path, query } = parseTarget(req.url ?? "/");
  const original = parseTarget(originalOf(req));
  const base = req.baseUrl ?? baseOf(original.requestUri, req.url ?? "/");
  const script = base === "" ? "" : trimmed(parseTarget(base));
  // Express makes "/" of the mount point itself.
  const below = path === "/" && script !== "" && original.path === script ? "" : path;
  const whole = script + below;
  environ.QUERY_STRING = query;
  const { SCRIPT_NAME: known } = environ;
  if (known.length > script.length && isBelow(whole, known)) {
    // The front end's own: nobody has routed by it.
    environ.PATH_INFO = whole.slice(known.length);
    return;
  }
  environ.SCRIPT_NAME = script;
  environ.PATH_INFO = below;
  if (script !== "") environ[MOUNTED] = script;
}

/** Connect has no `baseUrl`: what stands before the rest. */
function baseOf(original: string, url: string): string {
  const end = original.endsWith(url) ? original.length - url.length : -1;
  if (end >= 0) return original.slice(0, end);
  // It puts a slash before the query of the mount point itself.
  return url.startsWith("/?") && original.endsWith(url.slice(1)) ? original.slice(0, 1 - url.length) : "";
}

function trimmed({ path }: Target): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}
