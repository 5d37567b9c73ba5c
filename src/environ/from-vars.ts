/** Vars of a request packet -> environ. The rules are tables: what never comes in, what must be unique. */
import { emptyDictionary, isToken, type Vars } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import type { Environ } from "./environ.ts";

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
const uniqueVars: ReadonlySet<string> = new Set([
  "CONTENT_LENGTH",
  "REQUEST_METHOD",
  "REMOTE_ADDR",
  "REMOTE_USER",
  "HTTPS",
  "HTTP_HOST",
  "HTTP_AUTHORIZATION",
]);

/** Facts that a front end sends empty when there are none: absent is what applications test for. */
const absentWhenEmpty: ReadonlySet<string> = new Set(["REMOTE_USER", "REMOTE_IDENT", "AUTH_TYPE", "HTTPS"]);

export interface EnvironOptions {
  /**
   * Vars that come more than once. Default `"join"`: `HTTP_*` are joined with ", " (`HTTP_COOKIE`
   * with "; ") as nginx 1.23 and RFC 9110 do; of the rest different values are an error where only
   * one can be true, else the last wins. `"refuse"`: different values are always an error.
   * `"last"`: the last always wins, as in uWSGI.
   */
  readonly duplicates?: "join" | "refuse" | "last";
  /**
   * `HTTP_*` vars that the front end itself sets, such as `HTTP_X_REAL_IP`: different values are an
   * error, whatever `duplicates` says. Where a front end adds its header beside the client's of the
   * same name (lighttpd: `X-Real-IP` and `X_Real_IP`), joining them would let the client speak.
   */
  readonly trustedHeaders?: readonly string[];
  /** SERVER_NAME where the packet has none or an empty one (nginx's default server). Default `localhost`. */
  readonly serverName?: string;
  /** SERVER_PORT where the packet has none. Default `0`; the server gives its own port. */
  readonly serverPort?: string;
  /** Told the name of each loader variable that was left out. */
  readonly onLoaderVar?: (name: string) => void;
}

/**
 * Reads vars as an environ. Loader variables, `wsgi.*` and `HTTP_PROXY` are left out, a repeated var
 * follows `duplicates`, what PEP 3333 requires and the packet lacks is filled in. HTTP_TRANSFER_ENCODING
 * is left out when there is a CONTENT_LENGTH: nginx de-chunks the body and sends the header all the same.
 *
 * Throws a ProtocolError (`UWSGI_CONFLICTING_VARS`, `UWSGI_BAD_METHOD`). CONTENT_LENGTH is not read
 * here; see `contentLengthOf`.
 */
export function environFromVars(vars: Vars, options: EnvironOptions = {}): Environ {
  const environ = emptyDictionary<unknown>(vars.size);
  for (let i = 0; i < vars.size; i++) {
    const name = vars.nameAt(i);
    if (isOurs(name) && isKeptOut(name, options)) continue;
    const before = environ[name] as string | undefined;
    const value = vars.valueAt(i);
    environ[name] = before === undefined ? value : merge(name, before, value, options);
  }
  return complete(environ, options);
}

/** True for the few names that have rules of their own; all others are not looked up in any table. */
function isOurs(name: string): boolean {
  const first = name.charCodeAt(0);
  // H(TTP_), U(WSGI_), w(sgi.)
  return first === 72 || first === 85 || first === 119;
}

function isKeptOut(name: string, options: EnvironOptions): boolean {
  if (loaderVars.has(name)) {
    options.onLoaderVar?.(name);
    return true;
  }
  return droppedHeaders.has(name) || name.startsWith("wsgi.");
}

function merge(name: string, before: string, value: string, options: EnvironOptions): string {
  const { duplicates = "join", trustedHeaders = [] } = options;
  const isTrusted = trustedHeaders.includes(name);
  if (duplicates === "last" && !isTrusted) return value;
  const isUnique = isTrusted || duplicates === "refuse" || uniqueVars.has(name);
  if (isUnique && before !== value) {
    // The message is logged: headers, the query and whatever else an operator passes may be secret.
    const isHarmless = uniqueVars.has(name) && !name.startsWith("HTTP_");
    const values = isHarmless ? `, ${show(before)} and ${show(value)}` : "";
    throw new ProtocolError(`${name} came twice with different values${values}: only one can be true`, {
      code: "UWSGI_CONFLICTING_VARS",
    });
  }
  if (isUnique) return value;
  if (name === "HTTP_COOKIE") return `${before}; ${value}`;
  return name.startsWith("HTTP_") ? `${before}, ${value}` : value;
}

function complete(environ: { [name: string]: unknown }, options: EnvironOptions): Environ {
  environ["REQUEST_METHOD"] ??= "GET";
  environ["SCRIPT_NAME"] ??= "";
  environ["PATH_INFO"] ??= "";
  environ["QUERY_STRING"] ??= "";
  environ["SERVER_NAME"] ||= options.serverName ?? "localhost";
  environ["SERVER_PORT"] ||= options.serverPort ?? "0";
  environ["SERVER_PROTOCOL"] ||= "HTTP/1.0";
  const made = environ as Environ;
  if (!isToken(made.REQUEST_METHOD)) {
    throw new ProtocolError(`REQUEST_METHOD is ${show(made.REQUEST_METHOD)}, a token is needed`, {
      code: "UWSGI_BAD_METHOD",
    });
  }
  if (made.SCRIPT_NAME === "/") {
    made.SCRIPT_NAME = "";
    if (!made.PATH_INFO.startsWith("/")) made.PATH_INFO = `/${made.PATH_INFO}`;
  }
  for (const name of absentWhenEmpty) if (made[name] === "") delete made[name];
  if (made["HTTP_TRANSFER_ENCODING"] !== undefined && (made.CONTENT_LENGTH ?? "") !== "") {
    delete made["HTTP_TRANSFER_ENCODING"];
  }
  return made;
}

function show(value: string): string {
  return JSON.stringify(value.slice(0, 80));
}
