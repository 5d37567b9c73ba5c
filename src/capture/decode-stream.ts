/**
 * A stream of bytes -> what is in it. Pure, and never fails: what cannot be read is a raw part with its fault.
 *
 * A stream begins with a packet or with the head of a response. Behind a request come CONTENT_LENGTH bytes of body;
 * behind a packet without one the next packet; behind an Upgrade anything.
 */
import {
  decodeArray,
  decodePacket,
  decodeResponseHead,
  decodeVars,
  describeBytes,
  HEADER_BYTES,
  isToken,
  modifiers,
  type Packet,
  readLatin1,
} from "../codec/index.ts";
import { parseContentLength } from "../environ/index.ts";
import { errorCode, ProtocolError } from "../errors.ts";
import { type Fault, type PacketPart, type Part, type Payload, payloadKindOf } from "./parts.ts";

/** More than fit a packet: nothing is to be hidden from who looks for a fault. */
const limits = { maxVars: 65_535 };
const MOST_ITEMS = 65_535;

export interface DecodeOptions {
  /** `auto`, the default: by the first bytes. A response may look like a packet with modifier1 72 ("HTTP"). */
  readonly direction?: "request" | "response" | "auto";
}

/** Decodes a stream whole; every byte of it is in one of the parts. */
export function decodeStream(bytes: Uint8Array, { direction = "auto" }: DecodeOptions = {}): Part[] {
  if (direction !== "request") {
    const response = decodeResponse(bytes, direction === "response");
    if (response !== undefined) return response;
  }
  const parts: Part[] = [];
  for (let at = 0; at < bytes.length;) {
    const packet = readPacket(bytes, at);
    if (packet.kind === "raw") {
      parts.push(packet);
      break;
    }
    parts.push(packet);
    at += HEADER_BYTES + packet.datasize;
    const length = bodyLengthOf(packet, bytes.length - at);
    if (length === "raw") {
      if (at < bytes.length) parts.push({ kind: "raw", offset: at, bytes: bytes.subarray(at) });
      break;
    }
    if (length > 0) {
      const body = bytes.subarray(at, at + length);
      parts.push({ kind: "body", offset: at, bytes: body, missingBytes: length - body.length });
      at += body.length;
    }
  }
  return parts;
}

/** True when nothing in the parts is broken or missing. */
export function isSound(parts: readonly Part[]): boolean {
  return parts.every(
    (part) => !(part.kind === "raw" && part.fault !== undefined) && !(part.kind === "body" && part.missingBytes > 0),
  );
}

/** Undefined for what is no response; `isSure`: then it is a broken one. */
function decodeResponse(bytes: Uint8Array, isSure: boolean): Part[] | undefined {
  const looksLikeOne = bytes.length > 0 && isToken(readLatin1(bytes, 0, 1));
  if (!isSure && !looksLikeOne) return undefined;
  try {
    const head = decodeResponseHead(bytes);
    if (head !== undefined) {
      const { status, reason, headers, form, byteLength } = head;
      const parts: Part[] = [
        { kind: "response", offset: 0, status, reason, headers, form, head: bytes.subarray(0, byteLength) },
      ];
      const rest = bytes.subarray(byteLength);
      if (status === 101 && rest.length > 0) parts.push({ kind: "raw", offset: byteLength, bytes: rest });
      else parts.push(...responseBody(headers, rest, byteLength, status));
      return parts;
    }
  } catch (error) {
    // A packet may begin with a letter as well: only who says so, or says HTTP, sent a response.
    if (isSure || isHttp(bytes)) return [rawOf(bytes, 0, error)];
    return undefined;
  }
  if (!isSure && !isHttp(bytes)) return undefined;
  const error = new ProtocolError(`the response ends inside its head, after ${bytes.length} bytes`, {
    code: "UWSGI_BAD_RESPONSE_HEAD",
    offset: bytes.length,
  });
  return bytes.length === 0 ? [] : [rawOf(bytes, 0, error)];
}

function responseBody(
  headers: readonly (readonly [string, string])[],
  rest: Uint8Array,
  offset: number,
  status: number,
): Part[] {
  const length = numberOf(headers.find(([name]) => name.toLowerCase() === "content-length")?.[1]);
  // The answer to a HEAD has a length and no body, and nothing here says that it was one.
  const missingBytes = rest.length === 0 || status === 304 ? 0 : Math.max(0, (length ?? 0) - rest.length);
  return rest.length === 0 ? [] : [{ kind: "body", offset, bytes: rest, missingBytes }];
}

function isHttp(bytes: Uint8Array): boolean {
  return readLatin1(bytes, 0, Math.min(bytes.length, 5)) === "HTTP/";
}

function readPacket(bytes: Uint8Array, offset: number): PacketPart | Extract<Part, { kind: "raw" }> {
  const rest = bytes.subarray(offset);
  try {
    const packet = decodePacket(rest, limits);
    if (packet === undefined) throw truncated(rest);
    const { modifier1, datasize, modifier2 } = packet;
    return { kind: "packet", offset, modifier1, datasize, modifier2, payload: readPayload(packet) };
  } catch (error) {
    return rawOf(rest, offset, error);
  }
}

function readPayload(packet: Packet): Payload {
  const { modifier1, modifier2, payload } = packet;
  const listed = modifiers.get(modifier1)?.payload;
  const kind = payloadKindOf(listed, modifier1, modifier2);
  if (kind === "vars" && listed === "vars") return { kind, vars: [...packet.vars] };
  try {
    if (kind === "vars") return { kind, vars: [...packet.vars] };
    if (kind === "array") {
      return { kind, items: decodeArray(payload, MOST_ITEMS).map((item) => readLatin1(item, 0, item.length)) };
    }
  } catch {
    // The answer of an rpc has the header of its question, and any bytes in it.
  }
  return { kind: "bytes", bytes: payload };
}

function truncated(rest: Uint8Array): ProtocolError {
  const needed =
    rest.length < HEADER_BYTES
      ? `a header has ${HEADER_BYTES}`
      : `its header announces ${HEADER_BYTES + ((rest[1] ?? 0) | ((rest[2] ?? 0) << 8))}`;
  return new ProtocolError(`the stream ends after ${rest.length} bytes of a packet, ${needed}`, {
    code: "UWSGI_TRUNCATED_PACKET",
    offset: rest.length,
  });
}

/** Bytes that follow a packet and belong to it; `raw`: all of them, and they are no packet. `left`: how many there are. */
function bodyLengthOf({ modifier1, modifier2, payload }: PacketPart, left: number): number | "raw" {
  if (payload.kind !== "vars") return 0;
  const last = (name: string): string | undefined => payload.vars.findLast(([known]) => known === name)?.[1];
  // A spooler's file has the body of the task behind it.
  if (modifier1 === 17) return left;
  // Cache: the value of a set, and of the answer to a get.
  if (modifier1 === 111) return numberOf(last("size")) ?? 0;
  // Rpc: a long answer.
  if (modifier1 === 173) return modifier2 === 2 ? 0 : (numberOf(last("CONTENT_LENGTH")) ?? 0);
  if (modifiers.get(modifier1)?.exchange !== "http") return 0;
  const length = numberOf(last("CONTENT_LENGTH"));
  if (length !== undefined && length > 0) return length;
  return last("HTTP_UPGRADE") === undefined ? 0 : "raw";
}

/** Undefined for what is absent, and for what is no length. */
function numberOf(text: string | undefined): number | undefined {
  try {
    return parseContentLength(text);
  } catch {
    // Its own fault is the reader's to see, in the var.
    return undefined;
  }
}

function rawOf(bytes: Uint8Array, offset: number, error: unknown): Extract<Part, { kind: "raw" }> {
  return { kind: "raw", offset, bytes, fault: faultOf(bytes, offset, error) };
}

function faultOf(bytes: Uint8Array, offset: number, error: unknown): Fault {
  const at = error instanceof ProtocolError ? Math.min(error.offset ?? 0, bytes.length) : 0;
  const code = errorCode(error) ?? "UNKNOWN";
  const fault: Fault = {
    code,
    message: error instanceof Error ? error.message : String(error),
    offset: offset + at,
    around: describeBytes(bytes.subarray(Math.max(0, at - 8), at + 8), 16),
  };
  if (code === "UWSGI_BAD_RESPONSE_HEAD" || code === "UWSGI_RESPONSE_HEAD_LIMIT" || bytes.length < HEADER_BYTES) {
    return fault;
  }
  const datasize = (bytes[1] ?? 0) | ((bytes[2] ?? 0) << 8);
  return {
    ...fault,
    header: { modifier1: bytes[0] ?? 0, datasize, modifier2: bytes[3] ?? 0 },
    vars: varsBefore(bytes.subarray(HEADER_BYTES, HEADER_BYTES + datasize)),
  };
}

/** The vars up to where the block goes wrong. */
function varsBefore(block: Uint8Array): [string, string][] {
  let end = 0;
  for (let at = 0; at + 2 <= block.length; end = at) {
    at = behind(block, behind(block, at));
    if (at > block.length) break;
  }
  try {
    return [...decodeVars(block.subarray(0, end), limits.maxVars)];
  } catch {
    // An empty key among them: what is before it is not worth another walk.
    return [];
  }
}

/** Where a text ends whose length stands at `at`; past the end when it does not fit. */
function behind(block: Uint8Array, at: number): number {
  if (at + 2 > block.length) return block.length + 1;
  return at + 2 + ((block[at] ?? 0) | ((block[at + 1] ?? 0) << 8));
}
