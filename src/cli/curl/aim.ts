/** What is asked for: a path, or a URL whose host and scheme the application is to see. Pure. */
import type { Address } from "../../connection/index.ts";
import { decodeUtf8, encodeUtf8 } from "../../environ/index.ts";
import { CurlFailure, exits } from "./failure.ts";

export interface Aim {
  readonly scheme: "http" | "https";
  /** `host` or `host:port`, for the header Host. */
  readonly host: string;
  /** Path and query, latin-1, as they go into REQUEST_URI. */
  readonly target: string;
  /** `user:password` of a URL, decoded. */
  readonly user: string | undefined;
}

/** Reads PATH. `isAsIs`: dot segments stay. Throws a CurlFailure (3). */
export function readAim(text: string, address: Address, isAsIs: boolean): Aim {
  const match = /^(https?):\/\/(?:([^/?#@]*)@)?([^/?#]*)(.*)$/is.exec(text);
  if (match === null && /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw malformed(text, "http and https are understood");
  const [, scheme = "http", user, host = hostOf(address), path = text] = match ?? [];
  if (host === "") throw malformed(text, "no host");
  const target = encodeUtf8(path.split("#", 1)[0] ?? "");
  if (/[^\x21-\x7e\x80-\xff]/.test(target))
    throw malformed(text, "blanks and control characters are to be written as %20...");
  const rooted = encodePathBytes(target.startsWith("/") ? target : `/${target}`);
  return {
    scheme: scheme.toLowerCase() as Aim["scheme"],
    host: encodeUtf8(host),
    target: isAsIs ? rooted : withoutDots(rooted),
    user: user === undefined ? undefined : decode(user),
  };
}

/** Where a redirect leads; undefined when that is another host, which is not at this socket. Throws a CurlFailure (3). */
export function followAim({ scheme, host, target }: Aim, location: string): Aim | undefined {
  let url: URL;
  let base: URL;
  try {
    base = new URL(`${scheme}://${host}${target}`);
    url = new URL(decodeUtf8(location), base);
  } catch {
    throw malformed(location, "the server's Location is no URL");
  }
  if (url.hostname !== base.hostname || (url.port !== base.port && url.protocol === base.protocol)) return undefined;
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  const next = url.protocol === "http:" ? "http" : "https";
  return {
    scheme: next,
    host: next === scheme ? host : url.host,
    target: `${url.pathname}${url.search}`,
    user: undefined,
  };
}

/** The aim as a URL, for people. */
export function formatAim({ scheme, host, target }: Aim): string {
  return `${scheme}://${host}${target}`;
}

/** Name and port of the host, for SERVER_NAME and SERVER_PORT. */
export function serverOf({ scheme, host }: Aim): { readonly name: string; readonly port: number } {
  const [, name = host, port] = /^(\[[^\]]*\]|[^:]*)(?::([0-9]*))?$/.exec(host) ?? [];
  return { name, port: port === undefined || port === "" ? (scheme === "http" ? 80 : 443) : Number(port) };
}

function hostOf(address: Address): string {
  const carrier = address.kind === "tls" ? address.over : address;
  if (carrier.kind !== "tcp") return "localhost";
  return `${carrier.host.includes(":") ? `[${carrier.host.split("%", 1)[0]}]` : carrier.host}:${carrier.port}`;
}

/** As curl: bytes beyond ASCII are encoded in the path, and stay as they are in the query. */
function encodePathBytes(target: string): string {
  const [path = ""] = target.split("?", 1);
  const encoded = path.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
  return `${encoded}${target.slice(path.length)}`;
}

/** RFC 3986 5.2.4, as curl and browsers do before they send. */
function withoutDots(target: string): string {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  if (!/(?:^|\/)\.\.?(?:\/|$)/.test(path)) return target;
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [i, segment] of segments.entries()) {
    if (segment === "..") kept.pop();
    if (segment !== "." && segment !== "..") kept.push(segment);
    else if (i === segments.length - 1) kept.push("");
  }
  return `/${kept.join("/")}${mark < 0 ? "" : target.slice(mark)}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed(text, "the name before @ is not percent-encoded rightly");
  }
}

function malformed(text: string, why: string): CurlFailure {
  return new CurlFailure(
    exits.urlMalformed,
    `URL using bad/illegal format: ${JSON.stringify(text.slice(0, 80))}: ${why}`,
  );
}
