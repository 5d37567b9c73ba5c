/**
 * The paths that a request may be taken for. Front ends resolve dot segments, or leave them; an application routes by
 * PATH_INFO (WSGI), by the target as the client sent it (Express) or by a URL made of that (Fetch). For
 * `/admin/x/..%2f..%2fhome` these are not the same, and who guards a path has to know all of them. Pure.
 */
import { type Environ, routedTargetOf } from "../../environ/index.ts";
import { normalPath } from "./paths.ts";

/** All of them, decoded, slashes merged; for nearly all requests there is one. */
export function readingsOf(environ: Environ): readonly string[] {
  const { SCRIPT_NAME: script, PATH_INFO: below } = environ;
  const path = script === "" ? below : script + below;
  return isPlain(path, environ["REQUEST_URI"]) ? [path] : allReadings(path, environ);
}

/** True for a path that stands in the target as it is, and which nobody can read otherwise. */
function isPlain(path: string, target: unknown): boolean {
  if (AMBIGUOUS.test(path)) return false;
  if (target === undefined || target === "") return true;
  if (typeof target !== "string" || !target.startsWith(path)) return false;
  return target.length === path.length || target.charCodeAt(path.length) === QUESTION_MARK;
}

/** What is encoded, empty and dot segments, and what a URL takes for a slash. */
const AMBIGUOUS = /[%\\]|\/(?:\/|\.{1,2}(?:\/|$))/;
const QUESTION_MARK = 0x3f;

function allReadings(path: string, environ: Environ): readonly string[] {
  const sent = routedTargetOf(environ).replace(/[?#].*$/s, "");
  return [normalPath(path), merged(path), merged(decoded(sent)), merged(decoded(urlPathOf(sent)))];
}

/** The dot segments that an URL knows: those of before decoding, also between backslashes. */
function urlPathOf(sent: string): string {
  const ascii = sent.replace(/[\u0080-\u00ff]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  const url = `http://localhost${ascii}`;
  return ascii.startsWith("/") && URL.canParse(url) ? new URL(url).pathname : sent;
}

function decoded(path: string): string {
  return path.replace(/%([\da-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function merged(path: string): string {
  return path.replace(/\/{2,}/g, "/");
}
