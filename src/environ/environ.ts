/**
 * The environ: vars with the meaning that CGI (RFC 3875) and PEP 3333 give them.
 *
 * All values are latin-1 strings: every character is one byte of what the front end sent. Text that
 * is UTF-8 on the wire is read with `decodeUtf8(environ.PATH_INFO)`.
 */
import { parseContentLength } from "./content-length.ts";
import { headerName } from "./header-names.ts";
import { encodePath, parseTarget, type Target } from "./url.ts";

export interface Environ {
  /** `GET`, `POST`...; a token (RFC 9110 5.6.2), GET when the packet has none. */
  REQUEST_METHOD: string;
  /** Path of the application's mount point, decoded; "" at the root, never "/". */
  SCRIPT_NAME: string;
  /** Path below the mount point, percent-decoded by the front end. */
  PATH_INFO: string;
  /** What follows the `?`, not decoded; "" when there is none. */
  QUERY_STRING: string;
  /** The front end's own name for itself; never empty. */
  SERVER_NAME: string;
  /** Never empty; "0" where the packet has none and the server listens on a unix socket. */
  SERVER_PORT: string;
  /** The client's protocol, such as `HTTP/1.1`. */
  SERVER_PROTOCOL: string;
  /** Type of the body, "" or absent when there is none. */
  CONTENT_TYPE?: string;
  /** Length of the body in bytes as digits, "" or absent when there is none. */
  CONTENT_LENGTH?: string;
  /** Path and query as the client sent them, not decoded. Absent with some front ends. */
  REQUEST_URI?: string;
  /** `http` or `https`, from the front end. Use `schemeOf`. */
  REQUEST_SCHEME?: string;
  /** `on` when the client's connection is encrypted. Use `schemeOf`. */
  HTTPS?: string;
  /** The client's address; `unix:` when it came over a unix socket. Use `remoteOf`. */
  REMOTE_ADDR?: string;
  /** The client's port. */
  REMOTE_PORT?: string;
  /** The user whom the front end has authenticated; never empty. */
  REMOTE_USER?: string;
  /** How the front end has authenticated them, such as `Basic`; never empty. */
  AUTH_TYPE?: string;
  /** The front end's folder of static files. */
  DOCUMENT_ROOT?: string;
  /** The host that the client asked for, with its port where it is not the usual one. The client's word. */
  HTTP_HOST?: string;
  /** All cookies of the client in one line, `name=value; name=value`. */
  HTTP_COOKIE?: string;
  /** Headers of the client as `HTTP_*`, all other vars, and what the gateway interface adds. */
  [name: string]: unknown;
}

/** A string var of an environ, undefined when absent or when an application put something else there. */
function varOf(environ: Environ, name: string): string | undefined {
  const value = environ[name];
  return typeof value === "string" ? value : undefined;
}

/** Length of the body in bytes; 0 without one. Throws as `parseContentLength`. */
export function contentLengthOf(environ: Environ): number {
  const { CONTENT_LENGTH: length } = environ;
  return typeof length === "string" ? (parseContentLength(length) ?? 0) : 0;
}

/**
 * `https` when HTTPS is `on` or `1`, or UWSGI_SCHEME or REQUEST_SCHEME is `https`, in any case.
 * X-Forwarded-Proto is the client's word and is not asked.
 */
export function schemeOf(environ: Environ): "http" | "https" {
  // Read by their names, not through `varOf`: an engine remembers for each place what it found there.
  const { HTTPS: https } = environ;
  if (https !== undefined && (isWord(https, "on") || https === "1")) return "https";
  return isHttps(environ["UWSGI_SCHEME"]) || isHttps(environ.REQUEST_SCHEME) ? "https" : "http";
}

function isHttps(value: unknown): boolean {
  return value !== undefined && value !== "http" && isWord(value, "https");
}

/** True for the word in any case; the value may be anything that an application has put there. */
function isWord(value: unknown, word: string): boolean {
  return value === word || (typeof value === "string" && value.toLowerCase() === word);
}

/**
 * The request target: path and query, encoded. REQUEST_URI as the client sent it; where the front
 * end sends none (Caddy's plugin, hand-made packets) rebuilt from SCRIPT_NAME, PATH_INFO and
 * QUERY_STRING.
 */
export function targetOf(environ: Environ): string {
  const given = varOf(environ, "REQUEST_URI");
  return given === undefined || given === "" ? rebuiltTarget(environ) : given;
}

/**
 * The request target that the front end means: REQUEST_URI as the client sent it, unless the front end has rewritten
 * path or query since (nginx: `rewrite ... break`, `set $args`). Then it is rebuilt from SCRIPT_NAME, PATH_INFO and
 * QUERY_STRING, as where there is no REQUEST_URI. So nginx does with `proxy_pass` without a path. Always a path,
 * never a URL with a host.
 */
export function routedTargetOf(environ: Environ): string {
  const given = varOf(environ, "REQUEST_URI");
  if (given === undefined || given === "") return rebuiltTarget(environ);
  const script = varOf(environ, "SCRIPT_NAME") ?? "";
  const below = varOf(environ, "PATH_INFO") ?? "";
  const query = varOf(environ, "QUERY_STRING") ?? "";
  const path = script === "" ? below : `${script}${below}`;
  if (isTarget(given, path, query)) return given;
  let sent: Target;
  try {
    sent = parseTarget(given);
  } catch {
    return rebuiltTarget(environ);
  }
  // Front ends differ in whether they merge slashes, and one that says nothing has rewritten nothing.
  const isSamePath = path === "" || path.replace(/\/{2,}/g, "/") === sent.path;
  return isSamePath && (query === "" || query === sent.query) ? sent.requestUri : rebuiltTarget(environ);
}

/** True for `path`, and for `path?query`; most requests need no closer look. */
function isTarget(given: string, path: string, query: string): boolean {
  const mark = path.length;
  if (query === "") return given === path;
  if (given.length !== mark + 1 + query.length || given.charCodeAt(mark) !== 0x3f) return false;
  return given.startsWith(path) && given.endsWith(query);
}

function rebuiltTarget(environ: Environ): string {
  // Not read as properties: an application may have put anything there, and logs ask afterwards.
  const path = encodePath(`${varOf(environ, "SCRIPT_NAME") ?? ""}${varOf(environ, "PATH_INFO") ?? ""}`) || "/";
  const query = varOf(environ, "QUERY_STRING") ?? "";
  return query === "" ? path : `${path}?${query}`;
}

export interface Remote {
  /** The client's IP address; undefined when the front end does not know one (a unix socket). */
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** The client as the front end saw it. Caddy's plugin sends address and port as one. */
export function remoteOf(environ: Environ): Remote {
  const sent = varOf(environ, "REMOTE_ADDR") ?? "";
  const joined = varOf(environ, "REMOTE_PORT") === undefined ? splitPort(sent) : undefined;
  const address = joined?.[0] ?? sent;
  const port = Number(joined?.[1] ?? (varOf(environ, "REMOTE_PORT") || Number.NaN));
  return {
    address: address === "" || address.startsWith("unix:") ? undefined : address,
    port: Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined,
  };
}

/** The request's headers, names in lower case, in the order of the environ. */
export function headersOf(environ: Environ): (readonly [name: string, value: string])[] {
  const headers: (readonly [string, string])[] = [];
  for (const name of Object.keys(environ)) {
    const header = headerName(name);
    const value = environ[name];
    if (header === undefined || typeof value !== "string") continue;
    // An empty CONTENT_TYPE or CONTENT_LENGTH is nginx's way to say that there is none.
    if (value === "" && (name === "CONTENT_TYPE" || name === "CONTENT_LENGTH")) continue;
    headers.push([header, value]);
  }
  return headers;
}

/** `192.0.2.1:80` and `[2001:db8::1]:80` in two; undefined for an address without a port. */
function splitPort(address: string): readonly [address: string, port: string] | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]+)$/.exec(address);
  if (match === null) return undefined;
  return [match[1] ?? match[2] ?? "", match[3] ?? ""];
}
