/** Chunks of a response body as what a connection takes: bytes, or latin-1 strings. */
import { isUint8Array } from "node:util/types";
import type { BodyChunk } from "../handler/index.ts";
import { contractError } from "../errors.ts";

/** Bytes, or text with one byte for each character. */
export type Piece = Uint8Array | string;

/**
 * The chunk as it goes out. Text that is ASCII stays a string: its UTF-8 is itself, and a string is the
 * cheapest thing to write. Throws an AppError (`UWSGI_APP_CONTRACT`) for what is no chunk.
 */
export function pieceOf(chunk: BodyChunk): Piece {
  if (typeof chunk === "string") return Buffer.byteLength(chunk) === chunk.length ? chunk : Buffer.from(chunk);
  // Not `instanceof`: a proxy of bytes is none to the system, and bytes of another realm are.
  if (isUint8Array(chunk)) return chunk;
  throw contractError(`a body chunk is ${chunk === null ? "null" : typeof chunk}, allowed are Uint8Array and string`);
}

/** The first `bytes` of a piece. */
export function cutPiece(piece: Piece, bytes: number): Piece {
  if (piece.length <= bytes) return piece;
  return typeof piece === "string" ? piece.slice(0, bytes) : piece.subarray(0, bytes);
}

/** A list that is larger goes out chunk by chunk: joined it would be there twice. */
const MOST_JOINED = 65_536;

/** All chunks of a list as one; undefined when some are no chunks, or when they are too much to be copied. */
export function joinChunks(chunks: readonly BodyChunk[]): Piece | undefined {
  // As an iterator would see it, who may be another than that of lists.
  if (chunks[Symbol.iterator] !== Array.prototype[Symbol.iterator]) return undefined;
  const pieces: Piece[] = [];
  let size = 0;
  let isText = true;
  for (let i = 0; i < chunks.length; i++) {
    const chunk: unknown = chunks[i];
    if (typeof chunk !== "string" && !isUint8Array(chunk)) return undefined;
    size += chunk.length;
    if (size > MOST_JOINED) return undefined;
    const piece = pieceOf(chunk);
    isText &&= typeof piece === "string";
    pieces.push(piece);
  }
  if (pieces.length === 1) return pieces[0];
  return isText ? pieces.join("") : Buffer.concat(pieces.map(bytesOf));
}

function bytesOf(piece: Piece): Uint8Array {
  return typeof piece === "string" ? Buffer.from(piece, "latin1") : piece;
}
