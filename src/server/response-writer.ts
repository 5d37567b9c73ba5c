/**
 * An AppResponse -> bytes on an exchange.
 *
 * What goes out is the same for every front end: a status line, valid headers, at most one
 * Content-Length, no framing of ours; a body without a length ends with the connection. Nginx and
 * Apache do not decode chunked answers of a uwsgi server, and all take a 1xx for the final answer.
 */
import { formatResponseHead, type Header, isLengthValue } from "../codec/index.ts";
import { hopByHopHeaders } from "../environ/index.ts";
import { AppError } from "../errors.ts";
import type { AppResponse, BodyChunk, Exchange, ResponseBody } from "../handler/index.ts";

const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * Most bytes of one write. Only a whole write counts as progress: a large chunk goes out in pieces, so
 * that a slow peer can be told from one that reads nothing.
 */
const PIECE_BYTES = 65_536;

/** What was sent, for logs and for whoever has to deal with a failure. */
export class Sent {
  /** 0: no head was sent. */
  status = 0;
  headBytes = 0;
  bodyBytes = 0;
  /** The head announces a Content-Length. */
  isLengthKnown = false;
  /** The answer is complete, whatever was thrown afterwards. */
  isComplete = false;
}

/**
 * Writes the response and ends the exchange; notes in `sent` how far it came. Rejects with an AppError
 * (`UWSGI_APP_CONTRACT`) or what the body threw; the caller then answers, or aborts, by `sent`.
 * Closing the body is the caller's, whatever comes of this.
 */
export async function writeResponse(
  exchange: Exchange,
  method: string,
  response: AppResponse,
  sent: Sent,
): Promise<void> {
  if (typeof response !== "object" || response === null || !Array.isArray(response.headers)) {
    throw contract("the handler did not return a response: an object with status, headers (a list) and body");
  }
  const { status, body } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw contract(`status ${String(status)}, allowed are 200 to 599`);
  }
  const { headers, length } = readHeaders(response);
  sent.isLengthKnown = length !== undefined && status !== 204;
  if (method === "HEAD" || status === 204 || status === 304) {
    if (status !== 204 && status !== 304) addLength(headers, length, lengthOf(body), sent);
    await send(exchange, response, headers, undefined, sent);
  } else if (body === null || typeof body === "string" || body instanceof Uint8Array) {
    const chunk = body === null ? NOTHING : toBytes(body);
    if (length !== undefined) checkEnough(chunk.length, length);
    addLength(headers, length, chunk.length, sent);
    await send(exchange, response, headers, chunk.subarray(0, length), sent);
    if (length !== undefined && chunk.length > length) throw surplus(exchange, length, sent);
  } else {
    await stream(exchange, response, headers, length, body, sent);
  }
  finish(exchange, sent);
}

async function stream(
  exchange: Exchange,
  response: AppResponse,
  headers: Header[],
  length: number | undefined,
  body: AsyncIterable<BodyChunk> | Iterable<BodyChunk>,
  sent: Sent,
): Promise<void> {
  for await (const chunk of body) {
    const bytes = toBytes(chunk);
    if (bytes.length === 0) continue;
    const room = length === undefined ? bytes.length : length - sent.bodyBytes;
    const part = bytes.length > room ? bytes.subarray(0, room) : bytes;
    if (sent.status !== 0) await sendBody(exchange, part, sent);
    else await send(exchange, response, headers, part, sent);
    if (length !== undefined && part !== bytes) throw surplus(exchange, length, sent);
  }
  if (sent.status === 0) {
    addLength(headers, length, 0, sent);
    if (length === undefined || length === 0) await send(exchange, response, headers, undefined, sent);
  }
  if (length !== undefined) checkEnough(sent.bodyBytes, length);
}

function finish(exchange: Exchange, sent: Sent): void {
  exchange.end(sent.isLengthKnown);
  sent.isComplete = true;
}

/**
 * The body is longer than announced: what was announced has been sent and is the answer (Apache and
 * uWSGI's router would pass the surplus on); the error is for the log.
 */
function surplus(exchange: Exchange, length: number, sent: Sent): AppError {
  finish(exchange, sent);
  return contract(`the body is longer than its Content-Length of ${length} bytes, the rest was cut`);
}

/** Sends the head, and the chunk with it in one write. */
async function send(
  exchange: Exchange,
  response: AppResponse,
  headers: readonly Header[],
  chunk: Uint8Array | undefined,
  sent: Sent,
): Promise<void> {
  const { status, reason } = response;
  const head = formatResponseHead(reason === undefined ? { status, headers } : { status, reason, headers });
  if (!exchange.isOpen) {
    // It refuses, and nothing was sent.
    await exchange.write(head);
    return;
  }
  sent.status = status;
  sent.headBytes = head.length;
  if (chunk === undefined || chunk.length === 0) {
    await exchange.write(head);
    return;
  }
  const first = chunk.subarray(0, PIECE_BYTES);
  sent.bodyBytes += first.length;
  const wait = exchange.write(head, first);
  if (wait !== undefined) await wait;
  if (chunk.length > PIECE_BYTES) await sendBody(exchange, chunk.subarray(PIECE_BYTES), sent);
}

async function sendBody(exchange: Exchange, chunk: Uint8Array, sent: Sent): Promise<void> {
  for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
    const wait = sendPiece(exchange, chunk, at, sent);
    if (wait !== undefined) await wait;
  }
}

function sendPiece(exchange: Exchange, chunk: Uint8Array, at: number, sent: Sent): Promise<void> | undefined {
  const piece = chunk.length <= PIECE_BYTES ? chunk : chunk.subarray(at, at + PIECE_BYTES);
  if (exchange.isOpen) sent.bodyBytes += piece.length;
  return exchange.write(piece);
}

/** The headers that may go out, and the length they announce. */
function readHeaders(response: AppResponse): { headers: Header[]; length: number | undefined } {
  const headers: Header[] = [];
  let length: number | undefined;
  for (const header of response.headers) {
    const name = header[0].toLowerCase();
    // Some front ends take the status from a header of that name, others do not.
    if (hopByHopHeaders.has(name) || name === "status") continue;
    if (name === "content-length") {
      if (length !== undefined) throw contract("two Content-Length headers, at most 1 is allowed");
      if (!isLengthValue(header[1])) {
        throw contract(`Content-Length is ${JSON.stringify(header[1])}, allowed are 1 to 15 digits`);
      }
      length = Number(header[1]);
      // RFC 9110 8.6: none with 204; nginx would wait for the bytes.
      if (response.status === 204) continue;
    }
    headers.push(header);
  }
  return { headers, length };
}

/** Adds a length that is known: only by a length can a front end notice a broken answer. */
function addLength(headers: Header[], announced: number | undefined, known: number | undefined, sent: Sent): void {
  if (announced !== undefined || known === undefined) return;
  headers.push(["Content-Length", String(known)]);
  sent.isLengthKnown = true;
}

function lengthOf(body: ResponseBody): number | undefined {
  if (typeof body === "string") return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.length : undefined;
}

function checkEnough(bytes: number, length: number): void {
  if (bytes < length) throw contract(`the body has ${bytes} bytes, its Content-Length says ${length}`);
}

function toBytes(chunk: BodyChunk): Uint8Array {
  if (typeof chunk === "string") return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  throw contract(`a body chunk is ${chunk === null ? "null" : typeof chunk}, allowed are Uint8Array and string`);
}

function contract(message: string): AppError {
  return new AppError(message, { code: "UWSGI_APP_CONTRACT" });
}
