/** What a request says of itself: whether it may be sent twice, and the key of hash modes. */
import { readLatin1, type Text } from "../codec/index.ts";
import type { PacketRequest } from "../client/index.ts";

/** RFC 9110 9.2.2: sent twice they do what they do once. */
const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]);

/** True when a server that has got it may get it again: an idempotent method, and a body that is not used up. */
export function isRepeatable(request: PacketRequest): boolean {
  if (request.body !== undefined && request.isBodyReplayable !== true) return false;
  return idempotent.has(varOf(request, "REQUEST_METHOD") ?? "");
}

/** Value of the last var of that name; undefined where there is none, or an empty one. */
export function varOf({ vars }: PacketRequest, name: string): string | undefined {
  if (!(Symbol.iterator in vars)) {
    return Object.hasOwn(vars, name) ? textOf((vars as Readonly<Record<string, Text>>)[name]) : undefined;
  }
  let found: Text | undefined;
  for (const [key, value] of vars as Iterable<readonly [Text, Text]>) {
    if (key === name || (typeof key !== "string" && textOf(key) === name)) found = value;
  }
  return textOf(found);
}

function textOf(text: Text | undefined): string | undefined {
  if (text === undefined || text.length === 0) return undefined;
  return typeof text === "string" ? text : readLatin1(text, 0, text.length);
}
