/** Which responses are compressed at all, whoever asks. Pure. */
import {
  isPlainList,
  type AppResponse,
  type BodyChunk,
  headerOf,
  isStreamed,
  type ResponseBody,
} from "../../handler/index.ts";

export interface Rules {
  readonly thresholdBytes: number;
  isType(value: string): boolean;
}

/** True for a response that gains by it, and may be changed. `isHead`: it has the head alone. */
export function isEligible(response: AppResponse, isHead: boolean, { thresholdBytes, isType }: Rules): boolean {
  const { status, body } = response;
  // What answers a HEAD may have left the body out.
  const isLeftOut = isHead && isEmpty(body);
  // First: most answers are small, and of those nothing else is looked at.
  if (!isLeftOut && isSmall(body, thresholdBytes)) return false;
  // No body, and a part of one: these are bytes of what was not compressed (RFC 9110 15.3.7).
  if (status === 204 || status === 205 || status === 206 || status === 304) return false;
  const type = headerOf(response, "content-type");
  if (type === undefined || !isType(type)) return false;
  if ((isLeftOut || (isStreamed(body) && !isList(body))) && isAnnouncedSmall(response, thresholdBytes)) return false;
  return !isCoded(response) && headerOf(response, "content-range") === undefined;
}

/** True where a header has a word, such as a directive of Cache-Control, in whichever of its lines. */
export function hasDirective({ headers }: AppResponse, name: string, directive: string): boolean {
  for (const [header, value] of headers) {
    if (header.length !== name.length || header.toLowerCase() !== name) continue;
    for (const part of value.split(",")) {
      const equals = part.indexOf("=");
      if ((equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase() === directive) return true;
    }
  }
  return false;
}

/** Bytes of a body that need not be iterated; undefined for others, and for what is no body. */
export function sizeOf(body: ResponseBody): number | undefined {
  if (typeof body === "string") return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.length;
  if (!isList(body)) return undefined;
  let size = 0;
  for (const chunk of body) size += typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.length;
  return size;
}

/** A list of chunks that are all there. */
export function isList(body: ResponseBody): body is BodyChunk[] {
  return isPlainList(body) && body.every((chunk) => typeof chunk === "string" || chunk instanceof Uint8Array);
}

/** A character of a string is at most three bytes of UTF-8. */
const MOST_BYTES = 3;

function isSmall(body: ResponseBody, threshold: number): boolean {
  if (body === null || body === "") return true;
  if (typeof body === "string") {
    const { length } = body;
    if (length * MOST_BYTES < threshold) return true;
    return length < threshold && Buffer.byteLength(body) < threshold;
  }
  const size = sizeOf(body);
  return size !== undefined && size < Math.max(threshold, 1);
}

function isEmpty(body: ResponseBody): boolean {
  return body === null || body === "" || sizeOf(body) === 0;
}

function isAnnouncedSmall(response: AppResponse, threshold: number): boolean {
  const announced = headerOf(response, "content-length");
  return announced !== undefined && Number(announced) < Math.max(threshold, 1);
}

function isCoded({ headers }: AppResponse): boolean {
  return headers.some(
    ([name, value]) => name.toLowerCase() === "content-encoding" && value.trim().toLowerCase() !== "identity",
  );
}
