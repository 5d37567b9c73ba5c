/**
 * An AppResponse -> bytes on an exchange.
 *
 * What goes out is the same for every front end: a status line, valid headers, at most one
 * Content-Length, no framing of ours; a body without a length ends with the connection. Nginx and
 * Apache do not decode chunked answers of a uwsgi server, and all take a 1xx for the final answer.
 *
 * A body that is there as a whole goes out with its head in one write, at once: no promise is made
 * unless the transport has no room for more.
 */
import { isUint8Array } from "node:util/types";
import { contractError } from "../errors.ts";
import type { AppResponse, Exchange, ResponseBody } from "../handler/index.ts";
import { type AnswerHead, endHead, readAnswerHead } from "./answer-head.ts";
import { cutPiece, joinChunks, type Piece, pieceOf } from "./body-chunks.ts";
import { tooLong, tooShort } from "./body-length.ts";
import type { Sent } from "./sent.ts";
import { writeStream } from "./stream-writer.ts";

/**
 * Up to this many characters head and body are one string: Node copies so many to its stack, and tries at once
 * whether the system takes them.
 */
const ONE_STRING = 16_384;

/**
 * Writes the response and ends the exchange; notes in `sent` how far it came. Answers undefined when that is done,
 * else a promise. Throws, or rejects with, an AppError (`UWSGI_APP_CONTRACT`), what `readAnswerHead` throws, or what
 * the body threw; the caller then answers, or aborts, by `sent`. Closing the body is the caller's, whatever comes of
 * this.
 */
export function writeResponse(
  exchange: Exchange,
  method: string,
  response: AppResponse,
  sent: Sent,
): Promise<void> | undefined {
  if (typeof response !== "object" || response === null || !Array.isArray(response.headers)) {
    throw contractError("the handler did not return a response: an object with status, headers (a list) and body");
  }
  const head = readAnswerHead(response);
  const { status, body } = response;
  const { length } = head;
  sent.isLengthKnown = length !== undefined && status !== 204;
  if (method === "HEAD" || status === 204 || status === 304) {
    const isWithLength = length === undefined && status !== 204 && status !== 304;
    return writeWhole(exchange, status, head, isWithLength ? lengthOf(body) : undefined, "", sent);
  }
  if (body === null || typeof body === "string" || isUint8Array(body)) {
    const piece = pieceOf(body ?? "");
    if (length === undefined) return writeWhole(exchange, status, head, piece.length, piece, sent);
    if (piece.length < length) throw tooShort(piece.length, length);
    if (piece.length > length) return writeCut(exchange, status, head, length, piece, sent);
    return writeWhole(exchange, status, head, undefined, piece, sent);
  }
  const joined = Array.isArray(body) ? joinChunks(body) : undefined;
  if (joined !== undefined && (length === undefined || length === joined.length)) {
    // Otherwise the answer ends with the connection, however its chunks are held.
    const known = joined.length === 0 ? 0 : undefined;
    return writeWhole(exchange, status, head, known, joined, sent);
  }
  return writeStream(exchange, status, head, body, sent);
}

/** Writes head and body in one write, and ends. `known` is a length to announce where the application has not. */
function writeWhole(
  exchange: Exchange,
  status: number,
  head: AnswerHead,
  known: number | undefined,
  body: Piece,
  sent: Sent,
): Promise<void> | undefined {
  const text = endHead(head, known);
  // Only by a length can a front end notice a broken answer.
  if (known !== undefined) sent.isLengthKnown = true;
  // Else the write refuses, and nothing was sent.
  if (exchange.isOpen) {
    sent.status = status;
    sent.headBytes = text.length;
    sent.bodyBytes = body.length;
  }
  const room = writeBoth(exchange, text, body);
  if (room !== undefined) return finishBehind(room, exchange, sent);
  sent.finish(exchange);
  return undefined;
}

/** Writes a head, and latin-1 text or bytes behind it, in one write; answers as `Exchange.write`. */
export function writeBoth(exchange: Exchange, head: string, body: Piece): Promise<void> | undefined {
  if (body.length === 0) return exchange.write(head);
  const isShortText = typeof body === "string" && body.length <= ONE_STRING;
  return isShortText ? exchange.write(head + body) : exchange.write(head, body);
}

async function finishBehind(room: Promise<void>, exchange: Exchange, sent: Sent): Promise<void> {
  await room;
  sent.finish(exchange);
}

/** Writes what was announced of a body that is longer. */
async function writeCut(
  exchange: Exchange,
  status: number,
  head: AnswerHead,
  length: number,
  body: Piece,
  sent: Sent,
): Promise<void> {
  await writeWhole(exchange, status, head, undefined, cutPiece(body, length), sent);
  throw tooLong(length);
}

/** For an answer to HEAD. */
function lengthOf(body: ResponseBody): number | undefined {
  if (typeof body === "string") return Buffer.byteLength(body);
  return isUint8Array(body) ? body.length : undefined;
}
