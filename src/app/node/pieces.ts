/** Parts of a body as a `DirectAnswer` takes them: bytes, or text that is latin-1. */
import type { Sendable } from "./internals.ts";

export type Piece = Uint8Array | string;

/** Up to so many bytes it is cheaper to copy parts together than to call the system for each. */
const MOST_JOINED = 65_536;

/** Bytes as they are; text as text where its bytes are those of latin-1. `byteLength` of UTF-8, where it is known. */
export function pieceOf(data: Sendable, encoding: string | null | undefined, byteLength?: number): Piece {
  if (typeof data !== "string") return data;
  if (encoding === undefined || encoding === null || encoding === "utf8" || encoding === "utf-8") {
    // As many bytes as characters: all of them are ASCII.
    return (byteLength ?? Buffer.byteLength(data)) === data.length ? data : Buffer.from(data);
  }
  return Buffer.from(data, encoding as BufferEncoding);
}

/** What was written while nothing was sent, in as many parts as are to be sent. `size`: bytes in all. */
export function joinPieces(first: Piece, more: readonly Piece[], size: number): readonly Piece[] {
  const pieces = [first, ...more];
  if (size > MOST_JOINED) return pieces;
  if (pieces.every((piece) => typeof piece === "string")) return [pieces.join("")];
  return [
    Buffer.concat(
      pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece, "latin1") : piece)),
      size,
    ),
  ];
}
