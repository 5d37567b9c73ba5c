/** What the server under load answers with, known to its clients too so that every byte can be checked. */
import { noise } from "./noise.ts";

/** Bodies of up to this size are the beginning of it. */
export const BODY_NOISE: Buffer = noise(1_048_576);

/** In the message of each error of the application under test: no answer may contain it. */
export const SECRET = "the-password-is-swordfish";

const STREAM_CHUNK_BYTES = 16_384;

/** `size` bytes: the noise over and over. Each chunk has memory of its own, so that a server that hoards them shows. */
export function* streamChunks(size: number): Generator<Uint8Array, void> {
  for (let at = 0; at < size; at += STREAM_CHUNK_BYTES) {
    const from = at % BODY_NOISE.length;
    yield new Uint8Array(BODY_NOISE.subarray(from, from + Math.min(STREAM_CHUNK_BYTES, size - at)));
  }
}
