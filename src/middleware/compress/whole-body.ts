/** A body that is there as a whole -> one that is there as a whole, in fewer bytes. */
import { type AppResponse, type BodyChunk, isPromiseLike } from "../../handler/index.ts";
import type { Coder } from "./coders.ts";
import { codedHeaders, varied } from "./coded-headers.ts";

/**
 * Up to this size it is done at once, in 20 to 90 us: another thread would be no less work for this one than 20 us, and
 * the answer would come in twice the time.
 */
const MOST_AT_ONCE = 16_384;

/** The response in this coding; as it was, but for `Vary`, where that is not shorter. */
export function codedWhole(response: AppResponse, bytes: Uint8Array, coder: Coder): AppResponse | Promise<AppResponse> {
  const isAtOnce = bytes.length <= MOST_AT_ONCE && coder.isQuick;
  const coded = isAtOnce ? coder.codeNow(bytes) : coder.codeLater(bytes);
  return isPromiseLike(coded)
    ? coded.then((body) => shorter(response, bytes, body, coder))
    : shorter(response, bytes, coded, coder);
}

/** All chunks in one piece. */
export function joined(chunks: readonly BodyChunk[]): Uint8Array {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? bytesOf(first) : Buffer.concat(chunks.map(bytesOf));
}

/** Text is sent as UTF-8. */
export function bytesOf(chunk: BodyChunk): Uint8Array {
  return typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

function shorter(response: AppResponse, bytes: Uint8Array, body: Uint8Array, { coding }: Coder): AppResponse {
  if (body.length >= bytes.length) return { ...response, headers: varied(response.headers) };
  return { ...response, headers: codedHeaders(response.headers, coding, body.length), body };
}
