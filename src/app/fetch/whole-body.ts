/** A request body that is read as a whole. */
import type { RequestBody } from "../../handler/index.ts";

/** All bytes of the body. Rejects as `RequestBody.read`. */
export async function readWhole(body: RequestBody): Promise<Uint8Array> {
  const first = (await body.read()) ?? new Uint8Array(0);
  // A body that has come whole is not asked for its end.
  if (first.length === body.length) return first;
  const parts = [first];
  for (let part = await body.read(); part !== undefined; part = await body.read()) parts.push(part);
  return Buffer.concat(parts);
}

/** As `Body.text`: UTF-8 without its byte order mark, faulty bytes become U+FFFD. */
export function textOf(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

const utf8 = new TextDecoder();

/** In memory of its own: what was read may lie beside other bytes. */
export function arrayBufferOf({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
