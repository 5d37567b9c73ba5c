/** Paths between their encoded and their decoded form, bytes as latin-1 characters throughout. */
import { readLatin1 } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";

/** Percent-encodes a decoded path: every byte but the characters RFC 3986 allows in a path. */
export function encodePath(path: string): string {
  return path.replace(
    /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** Reads a latin-1 string as the UTF-8 it was on the wire; faulty bytes become U+FFFD. */
export function decodeUtf8(latin1: string): string {
  const bytes = new Uint8Array(latin1.length);
  for (let i = 0; i < latin1.length; i++) bytes[i] = latin1.charCodeAt(i);
  return utf8.decode(bytes);
}

/** The inverse: text as vars have it, its UTF-8 as a latin-1 string. What is no Unicode becomes U+FFFD. */
export function encodeUtf8(text: string): string {
  if (ASCII.test(text)) return text;
  const bytes = encoder.encode(text);
  return readLatin1(bytes, 0, bytes.length);
}

// oxlint-disable-next-line no-control-regex -- the whole range of ASCII is meant
const ASCII = /^[\x00-\x7f]*$/;
const encoder = new TextEncoder();

/** A byte order mark is a part of the text: two different paths must not become one. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** A request target in the parts that CGI names. */
export interface Target {
  /** The target without scheme and host. */
  readonly requestUri: string;
  /** Percent-decoded, slashes merged, dot segments resolved. */
  readonly path: string;
  /** What follows the first `?`, "" when there is none. */
  readonly query: string;
  /** Host of an absolute target. */
  readonly host: string | undefined;
}

/**
 * Reads the target of an HTTP request (origin or absolute form) as nginx does: decodes, merges
 * slashes, resolves dot segments, cuts a fragment. Throws a ProtocolError (`UWSGI_BAD_TARGET`) for
 * other forms, broken percent-encoding, a NUL, or a path that climbs above the root.
 */
export function parseTarget(target: string): Target {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target);
  const host = absolute?.[1];
  const rest = absolute?.[2] ?? target;
  const requestUri = rest.startsWith("/") || absolute === null ? rest : `/${rest}`;
  if (!requestUri.startsWith("/") || host === "" || host?.includes("@") === true)
    throw badTarget(target, "it must be a path or an http URL");
  const withoutFragment = requestUri.split("#", 1)[0] ?? "";
  const mark = withoutFragment.indexOf("?");
  const encoded = mark < 0 ? withoutFragment : withoutFragment.slice(0, mark);
  const query = mark < 0 ? "" : withoutFragment.slice(mark + 1);
  return { requestUri, path: normalise(decode(encoded, target), target), query, host };
}

function decode(path: string, target: string): string {
  return path.replace(/%(.{0,2})/gs, (_, digits: string) => {
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw badTarget(target, `%${digits} is no percent-encoded byte`);
    if (digits === "00") throw badTarget(target, "%00 is not allowed in a path");
    return String.fromCharCode(Number.parseInt(digits, 16));
  });
}

function normalise(path: string, target: string): string {
  const kept: string[] = [];
  const segments = path.split(/\/+/);
  for (const [i, segment] of segments.entries()) {
    const isLast = i === segments.length - 1;
    if (segment === "..") {
      // The first entry is the empty one before the leading slash.
      if (kept.length <= 1) throw badTarget(target, "it climbs above the root");
      kept.pop();
    }
    if (segment !== "." && segment !== "..") kept.push(segment);
    else if (isLast) kept.push("");
  }
  return kept.join("/") || "/";
}

function badTarget(target: string, why: string): ProtocolError {
  return new ProtocolError(`request target ${JSON.stringify(target.slice(0, 80))}: ${why}`, {
    code: "UWSGI_BAD_TARGET",
  });
}
