/** What the head says of a body that is compressed. Pure. */
import type { Header } from "../../codec/index.ts";
import { type AppRequest, type AppResponse, headerOf, varyOn } from "../../handler/index.ts";
import type { Coding } from "./options.ts";

/**
 * Speaks of the bytes that are no longer sent: their length, sums of them, and that one may ask for a part. An
 * `identity` among them, of which there would be two codings else.
 */
const GONE: ReadonlySet<string> = new Set([
  "accept-ranges",
  "content-digest",
  "content-encoding",
  "content-length",
  "content-md5",
  "digest",
  "repr-digest",
]);

/** The headers of a compressed body. `length`: its bytes, where they are known. */
export function codedHeaders(headers: readonly Header[], coding: Coding, length?: number): readonly Header[] {
  const coded: Header[] = [...bareHeaders(headers), ["Content-Encoding", coding]];
  if (length !== undefined) coded.push(["Content-Length", String(length)]);
  return coded;
}

/** The headers without what is known only when the body has been compressed, for HEAD. */
export function bareHeaders(headers: readonly Header[]): readonly Header[] {
  return varied(headers.filter((header) => !GONE.has(header[0].toLowerCase())).map(weakened));
}

/** Another client would get other bytes. */
export function varied(headers: readonly Header[]): readonly Header[] {
  return varyOn(headers, "Accept-Encoding");
}

/**
 * What is said with a 304: of the same bytes as the answer that the client has. Where it has a tag that was weakened,
 * a strong one would belong to another (RFC 9111 4.3.4), and what it has would not be made fresh.
 */
export function unchanged({ environ }: AppRequest, response: AppResponse): AppResponse {
  const tag = headerOf(response, "etag");
  const given = environ["HTTP_IF_NONE_MATCH"];
  if (tag === undefined || !isStrong(tag) || typeof given !== "string") return response;
  const others = given.replaceAll(`W/${tag}`, "");
  if (others === given || others.includes(tag)) return response;
  return { ...response, headers: varied(response.headers.map(weakened)) };
}

/** The same content in other bytes: equal by weak comparison only (RFC 9110 8.8.1). */
function weakened(header: Header): Header {
  const isTag = header[0].length === 4 && header[0].toLowerCase() === "etag";
  return isTag && isStrong(header[1]) ? [header[0], `W/${header[1]}`] : header;
}

function isStrong(tag: string): boolean {
  return tag.startsWith('"');
}
