/** Bytes for bodies: always the same, and no part of them is like another. */
import { createCipheriv, createHash } from "node:crypto";

export function noise(size: number): Buffer {
  return makeCipher().update(Buffer.alloc(size));
}

/** The bytes of `noise(size)` in chunks, made as they are asked for. */
export function* noiseChunks(size: number, chunkBytes: number): Generator<Buffer, void> {
  const cipher = makeCipher();
  const zeros = Buffer.alloc(chunkBytes);
  for (let left = size; left > 0; left -= chunkBytes)
    yield cipher.update(zeros.subarray(0, Math.min(left, chunkBytes)));
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function makeCipher(): ReturnType<typeof createCipheriv> {
  return createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16));
}
