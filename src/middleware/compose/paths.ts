/** Paths by whole segments: prefixes as they are written, and what lies below them. Pure but for UTF-8. */
import { encodeUtf8 } from "../../environ/index.ts";
import { typeError } from "../../errors.ts";

/**
 * A path that somebody has written, decoded, as a prefix: "" for the root, without a slash at its end. `what`: where it
 * stands. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for one that no request has: it begins with a slash, and has
 * neither empty nor dot segments.
 */
export function readPath(what: string, path: string): string {
  const isPath = path.startsWith("/") && !ABNORMAL.test(path);
  if (isPath) return encodeUtf8(path.endsWith("/") ? path.slice(0, -1) : path);
  throw typeError(
    "UWSGI_INVALID_ARGUMENT",
    `${what} is ${JSON.stringify(path.slice(0, 80))}, one like "/admin" is needed, decoded, without empty and dot segments`,
  );
}

/** True for the prefix itself and what is below it: `/api/x` is below `/api`, `/apix` is not. */
export function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  const { length } = prefix;
  return path.length === length || length === 0 || path.charCodeAt(length) === SLASH;
}

const SLASH = 0x2f;

/**
 * The path that an application may take it for: slashes merged, dot segments resolved. Most front ends have done both;
 * where one has not, what is meant for `/admin` must not be passed by with `/x/../admin`.
 */
export function normalPath(path: string): string {
  if (!ABNORMAL.test(path)) return path;
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

const ABNORMAL = /\/(?:\/|\.{1,2}(?:\/|$))/;
