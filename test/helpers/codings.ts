/** Content codings, undone: by zlib, also where its types are older than it is. */
import { PassThrough, type Transform } from "node:stream";
import * as zlib from "node:zlib";

/** Since Node 22.15. */
interface Zstd {
  readonly zstdDecompressSync?: (bytes: Uint8Array) => Buffer;
  readonly createZstdDecompress?: () => Transform;
}

const { zstdDecompressSync, createZstdDecompress } = zlib as unknown as Zstd;

/** Codings that this Node can undo. */
export const codings: readonly ("br" | "gzip" | "zstd")[] =
  zstdDecompressSync === undefined ? ["br", "gzip"] : ["br", "gzip", "zstd"];

/** The bytes that were compressed. Throws for what is broken, or incomplete. */
export function decode(coding: string, bytes: Uint8Array): Buffer {
  if (coding === "identity") return Buffer.from(bytes);
  if (coding === "gzip") return zlib.gunzipSync(bytes);
  if (coding === "br") return zlib.brotliDecompressSync(bytes);
  if (coding === "zstd" && zstdDecompressSync !== undefined) return zstdDecompressSync(bytes);
  throw new Error(`nothing undoes the coding ${coding}`);
}

/** The same as a stream. */
export function decoder(coding: string): Transform {
  if (coding === "identity") return new PassThrough();
  if (coding === "gzip") return zlib.createGunzip();
  if (coding === "br") return zlib.createBrotliDecompress();
  if (coding === "zstd" && createZstdDecompress !== undefined) return createZstdDecompress();
  throw new Error(`nothing undoes the coding ${coding}`);
}
