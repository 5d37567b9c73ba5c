/** Which recorded exchanges are sent again, and when. Pure. */
import { decodePacket, modifiers, type Packet } from "../codec/index.ts";
import { parseContentLength } from "../environ/index.ts";
import { UwsgiError } from "../errors.ts";
import type { RecordedExchange } from "./record-format.ts";

/** Methods that change nothing (RFC 9110 9.2.1). */
const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

export interface ReplayFilter {
  /** Also methods that change something. Default false. */
  readonly all?: boolean;
  /** `METHOD`, `/path*`, or `METHOD /path*`; `*` is anything. One must match. Default everything. */
  readonly only?: readonly string[];
}

/** Why one is not sent. */
export type Skip = "not-a-request" | "cut" | "unsafe" | "filtered";

export interface ReplayRequest {
  readonly method: string;
  readonly uri: string;
  readonly packet: Packet;
  readonly body: Uint8Array;
}

/** What is to be sent of an exchange, or why it is not. */
export function planOf({ request }: RecordedExchange, { all = false, only = [] }: ReplayFilter): ReplayRequest | Skip {
  let packet: Packet | undefined;
  let contentLength: number;
  try {
    packet = decodePacket(request.bytes, { maxVars: 65_535 });
    if (packet === undefined) return "cut";
    if (modifiers.get(packet.modifier1)?.exchange !== "http") return "not-a-request";
    contentLength = parseContentLength(packet.vars.get("CONTENT_LENGTH")) ?? 0;
  } catch (error) {
    if (error instanceof UwsgiError) return "not-a-request";
    throw error;
  }
  const method = packet.vars.get("REQUEST_METHOD") ?? "GET";
  const uri = packet.vars.get("REQUEST_URI") ?? packet.vars.get("PATH_INFO") ?? "/";
  // What goes on behind an Upgrade is a conversation.
  if (packet.vars.has("HTTP_UPGRADE")) return "not-a-request";
  if (only.length > 0 && !only.some((text) => matches(text, method, uri))) return "filtered";
  if (!all && !safeMethods.has(method)) return "unsafe";
  const body = request.bytes.subarray(packet.byteLength, packet.byteLength + contentLength);
  if (body.length < contentLength) return "cut";
  return { method, uri, packet, body };
}

function matches(filter: string, method: string, uri: string): boolean {
  const [, wantedMethod, wantedPath] = /^([A-Za-z*]+)?\s*(\/.*|\*)?$/.exec(filter.trim()) ?? [];
  const path = uri.split("?", 1)[0] ?? "";
  return (
    (wantedMethod === undefined || wantedMethod === "*" || wantedMethod.toUpperCase() === method) &&
    (wantedPath === undefined || like(wantedPath).test(wantedPath.includes("?") ? uri : path))
  );
}

/** True for what `only` may hold. */
export function isFilter(text: string): boolean {
  return text.trim() !== "" && /^([A-Za-z*]+)?\s*(\/.*|\*)?$/.test(text.trim());
}

function like(pattern: string): RegExp {
  const escaped = pattern.split(/\*+/).map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`, "s");
}

/** How fast: so many a second, or as recorded, so many times faster. Default neither: as fast as answers come. */
export type Pace =
  | { readonly kind: "free" }
  | { readonly kind: "rate"; readonly perSecond: number }
  | { readonly kind: "speed"; readonly times: number };

/** When the `i`th (from 0) is due, in milliseconds from the start. `sinceFirstMs`: from the first of the recording to it. */
export function dueMs(pace: Pace, i: number, sinceFirstMs: number): number {
  if (pace.kind === "rate") return (i * 1_000) / pace.perSecond;
  return pace.kind === "speed" ? Math.max(0, sinceFirstMs) / pace.times : 0;
}
