/** The URL of a request, from what the front end says of it. */
import { type Environ, schemeOf, targetBelowOf } from "../../environ/index.ts";

/** Origins of hosts seen valid, by scheme; emptied when full, so that invented hosts cannot fill memory. */
const origins = { http: new Map<string, string>(), https: new Map<string, string>() };
const MOST_HOSTS = 256;

/**
 * Scheme and authority: those of `schemeOf`, and HTTP_HOST, or, where it is absent or empty, SERVER_NAME and
 * SERVER_PORT. Undefined for a Host that is none (RFC 9110 7.2): such a request is a 400, before an application sees
 * it.
 */
export function originOf(environ: Environ): string | undefined {
  const scheme = schemeOf(environ);
  const { HTTP_HOST: given } = environ;
  const host = given === undefined || given === "" ? serverOf(environ, scheme) : given;
  return origins[scheme].get(host) ?? learn(scheme, host);
}

/** Path and query under that origin, as `URL` would write it; of a mounted application those below its mount point. */
export function urlOf(origin: string, environ: Environ): string {
  const target = targetBelowOf(environ);
  if (PLAIN_TARGET.test(target)) return origin + target;
  // Each character is one byte of the wire: a URL would take it for a code point, and encode it as two.
  const ascii = target.replace(NOT_ASCII, percentEncode);
  return new URL(origin + (ascii.startsWith("/") ? ascii : `/${ascii}`)).href;
}

/** Targets that a URL parser leaves as they are: nothing to encode, no dot segments. */
const PLAIN_TARGET = /^(?:\/(?![.%])[\w!$&()*+,\-.:;=@~%]*)+(?:\?[\w!$&()*+,\-./:;=?@~%]*)?$/;

const NOT_ASCII = /[\u0080-\u00ff]/g;

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** RFC 3986 3.2.2: a name or an IPv4 address, or an IP literal in brackets; and a port. Without user and password. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(?::[0-9]*)?$/;

function learn(scheme: "http" | "https", host: string): string | undefined {
  const url = `${scheme}://${host}`;
  if (!HOST.test(host) || !URL.canParse(url)) return undefined;
  const { origin } = new URL(url);
  const known = origins[scheme];
  if (known.size === MOST_HOSTS) known.clear();
  known.set(host, origin);
  return origin;
}

/** For requests without a Host: HTTP/1.0. */
function serverOf(environ: Environ, scheme: "http" | "https"): string {
  const { SERVER_NAME: name, SERVER_PORT: port } = environ;
  const host = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  const server = port === "0" || !/^[0-9]{1,5}$/.test(port) ? host : `${host}:${port}`;
  // nginx's `_`, patterns and what else an operator may have written there.
  return URL.canParse(`${scheme}://${server}`) && HOST.test(server) ? server : "localhost";
}
