/**
 * Patterns for paths. None of them is a regular expression: whatever a client sends, a pattern is looked for once
 * from left to right.
 */
import { encodeUtf8 } from "../environ/index.ts";
import { badRule, show, textOf } from "./bad-rule.ts";

/** Reads a pattern; see `Conditions.path` for its forms. Throws a TypeError (`UWSGI_BAD_RULE`). */
export function compilePath(value: unknown, where: string): (path: string) => boolean {
  const text = encodeUtf8(textOf(value, "a path such as /api, =/api or /api/*", where));
  const isExact = text.startsWith("=");
  const pattern = isExact ? text.slice(1) : text;
  const isWild = !isExact && pattern.includes("*");
  checkPath(pattern, isWild, where);
  if (isExact) return (path) => path === pattern;
  if (isWild) return like(pattern.split(/\*+/));
  if (pattern.endsWith("/")) return (path) => path.startsWith(pattern);
  return (path) => isBelow(path, pattern);
}

/** A path that can be mounted: begins with a slash, and does not end with one. Throws a TypeError (`UWSGI_BAD_RULE`). */
export function compileMount(value: unknown, where: string): string {
  const path = encodeUtf8(textOf(value, "a path such as /api", where));
  checkPath(path, false, where);
  if (path.endsWith("/")) throw badRule(where, `path ${show(value)} ends with a slash, a mount point does not`);
  return path;
}

/** True for the path itself and for what is below it. */
function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === "/");
}

/** `pieces`: what stands between the stars. The first place of each is the best: what is behind it only has more room. */
function like(pieces: readonly string[]): (path: string) => boolean {
  const first = pieces[0] ?? "";
  const last = pieces[pieces.length - 1] ?? "";
  const between = pieces.slice(1, -1);
  return (path) => {
    if (!path.startsWith(first) || !path.endsWith(last)) return false;
    let at = first.length;
    for (const piece of between) {
      const found = path.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return path.length - last.length >= at;
  };
}

/** What no path has that rules look at, so that a pattern with it would never match. */
const never: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/\/\//, "slashes are merged before paths are compared"],
  [/(?:^|\/)\.\.?(?:\/|$)/, "paths with . and .. are refused before they are compared"],
  [/[?#]/, "a query is no part of a path"],
  [/%[0-9A-Fa-f]{2}/, "paths are decoded before they are compared: write the character itself"],
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  [/[\x00-\x1f\x7f]/, "no control characters are allowed"],
];

function checkPath(pattern: string, isWild: boolean, where: string): void {
  if (!pattern.startsWith("/") && !(isWild && pattern.startsWith("*"))) {
    throw badRule(where, `path ${show(pattern)}, allowed are /prefix, =/exact and patterns with a *: /api/*, *.php`);
  }
  for (const [fault, why] of never) {
    if (fault.test(pattern)) throw badRule(where, `path ${show(pattern)} never matches: ${why}`);
  }
}
