/** The rules for single vars, as tables: what never comes in, what must be unique, what is filled in. */
import { isToken } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";

/**
 * Vars that make uWSGI load code, read files or change its own environment: one packet to it can
 * run a command (`UWSGI_FILE=exec://...`). Here they do nothing and never reach the application.
 */
export const loaderVars: ReadonlySet<string> = new Set([
  "UWSGI_FILE",
  "UWSGI_SCRIPT",
  "UWSGI_MODULE",
  "UWSGI_CALLABLE",
  "UWSGI_HOME",
  "UWSGI_PYHOME",
  "UWSGI_POSTFILE",
  "UWSGI_SETENV",
  "UWSGI_CHDIR",
  "UWSGI_TOUCH_RELOAD",
  "UWSGI_CACHE_GET",
  "UWSGI_APPID",
]);

/**
 * Headers that stay out: `HTTP_PROXY` is what CGI programs take for a proxy setting (httpoxy,
 * CVE-2016-5385); the other two repeat CONTENT_TYPE and CONTENT_LENGTH (PEP 3333 forbids them).
 */
const droppedHeaders: ReadonlySet<string> = new Set(["HTTP_PROXY", "HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"]);

/** Vars whose two different values cannot both be true: believing either is a security decision. */
export const uniqueVars: ReadonlySet<string> = new Set([
  "CONTENT_LENGTH",
  "REQUEST_METHOD",
  "REMOTE_ADDR",
  "REMOTE_USER",
  "HTTPS",
  "HTTP_HOST",
  "HTTP_AUTHORIZATION",
]);

/** Facts that a front end sends empty when there are none: absent is what applications test for. */
export const absentWhenEmpty: ReadonlySet<string> = new Set(["REMOTE_USER", "REMOTE_IDENT", "AUTH_TYPE", "HTTPS"]);

/** True for a var that never reaches an application; all names but loader variables are left out without a word. */
export function isKeptOut(name: string, onLoaderVar?: (name: string) => void): boolean {
  const first = name.charCodeAt(0);
  // H(TTP_), U(WSGI_), u(isge.), w(sgi.): all other names are not looked up in any table.
  if (first !== 72 && first !== 85 && first !== 117 && first !== 119) return false;
  if (loaderVars.has(name)) {
    onLoaderVar?.(name);
    return true;
  }
  return droppedHeaders.has(name) || name.startsWith("wsgi.") || name.startsWith("uisge.");
}

/** Throws a ProtocolError (`UWSGI_BAD_METHOD`) for a method that is no token. */
export function checkMethod(method: string): void {
  if (method === "GET" || method === "POST" || isToken(method)) return;
  throw new ProtocolError(`REQUEST_METHOD is ${show(method)}, a token is needed`, { code: "UWSGI_BAD_METHOD" });
}

/** A value for an error message: cut and escaped. */
export function show(value: string): string {
  return JSON.stringify(value.slice(0, 80));
}
