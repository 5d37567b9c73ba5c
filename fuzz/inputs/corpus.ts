/** What mutation begins from: recorded and hand-made packets of test/vectors, and the names that matter. */
import { readVectors } from "../../test/helpers/vectors.ts";
import { latin1, packetOf, varsBlock } from "../../test/helpers/wire.ts";

/** A packet in its parts; `parts` are keys and values in turns, undefined where the payload is no vars block. */
export interface Seed {
  readonly bytes: Uint8Array;
  readonly parts: readonly Uint8Array[] | undefined;
}

/** Names that some reader treats in a way of its own, or that an object has already. */
export const knownNames: readonly Uint8Array[] = [
  "CONTENT_LENGTH",
  "CONTENT_TYPE",
  "REQUEST_METHOD",
  "REQUEST_URI",
  "PATH_INFO",
  "SCRIPT_NAME",
  "QUERY_STRING",
  "SERVER_NAME",
  "SERVER_PORT",
  "SERVER_PROTOCOL",
  "REMOTE_ADDR",
  "REMOTE_PORT",
  "REMOTE_USER",
  "AUTH_TYPE",
  "HTTPS",
  "REQUEST_SCHEME",
  "UWSGI_SCHEME",
  "UWSGI_FILE",
  "UWSGI_SETENV",
  "UWSGI_APPID",
  "UWSGI_OTHER",
  "HTTP_HOST",
  "HTTP_COOKIE",
  "HTTP_AUTHORIZATION",
  "HTTP_PROXY",
  "HTTP_CONTENT_LENGTH",
  "HTTP_TRANSFER_ENCODING",
  "HTTP_X_FORWARDED_FOR",
  "HTTP_",
  "wsgi.input",
  "wsgi.url_scheme",
  "uisge.user",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "0",
  "A",
].map(latin1);

export const knownValues: readonly Uint8Array[] = [
  "",
  "0",
  "1",
  "5",
  "-1",
  "+3",
  "3,3",
  " 3",
  "007",
  "1e3",
  "9007199254740991",
  "9007199254740992",
  "18446744073709551616",
  "GET",
  "POST",
  "HEAD",
  "GET /",
  "/",
  "/a%2fb",
  "//",
  "on",
  "ON",
  "https",
  "HTTPS",
  "127.0.0.1:80",
  "[::1]:8080",
  "[::1]",
  "unix:",
  "65535",
  "65536",
  "a\r\nb",
  "\0",
  "\u00e9\u00ff",
  "chunked",
].map(latin1);

/** Packets of all kinds; the short ones come first. Read once. */
export function readCorpus(): readonly Seed[] {
  corpus ??= [...readVectors().map(({ packet }) => seedOf(packet)), ...made].sort(
    (a, b) => a.bytes.length - b.bytes.length,
  );
  return corpus;
}

let corpus: readonly Seed[] | undefined;

function seedOf(bytes: Uint8Array): Seed {
  return { bytes, parts: bytes[0] === 0 ? partsOf(bytes) : undefined };
}

/** Keys and values of a sound vars block; undefined for any other. */
function partsOf(bytes: Uint8Array): Uint8Array[] | undefined {
  if (bytes.length < 4) return undefined;
  const end = 4 + ((bytes[1] as number) | ((bytes[2] as number) << 8));
  const parts: Uint8Array[] = [];
  let at = 4;
  while (at < end) {
    const start = at + 2;
    at = start + ((bytes[at] ?? 0xff) | ((bytes[at + 1] ?? 0xff) << 8));
    parts.push(bytes.slice(start, at));
  }
  return at === end && end === bytes.length && parts.length % 2 === 0 ? parts : undefined;
}

const pair = ["A", "b"] as const;

/** Packets that no client sends, at the edges of what the format can say. */
const made: readonly Seed[] = [
  packetOf(new Uint8Array(0)),
  packetOf(varsBlock([pair])),
  packetOf(varsBlock([["A", ""]])),
  packetOf(varsBlock(Array.from({ length: 8 }, () => pair))),
  packetOf(varsBlock(Array.from({ length: 1_000 }, () => pair))),
  packetOf(varsBlock(Array.from({ length: 1_001 }, () => pair))),
  packetOf(varsBlock([["N".repeat(255), "v".repeat(256)]])),
  packetOf(varsBlock([["N".repeat(256), "v".repeat(255)], pair])),
  packetOf(varsBlock([["NAME", "v".repeat(65_527)]])),
  packetOf(varsBlock([["N".repeat(65_531), ""]])),
  packetOf(new Uint8Array(0), 100),
  packetOf(latin1("abc"), 101),
  packetOf(varsBlock([pair]), 173),
].map(seedOf);
