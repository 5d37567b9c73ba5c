/**
 * A body that comes chunk by chunk -> bytes on an exchange. The head goes out with the first chunk that is not
 * empty; the next chunk is asked for when there is room for it.
 */
import { type BodyChunk, type Exchange, isPromiseLike } from "../handler/index.ts";
import { type AnswerHead, endHead } from "./answer-head.ts";
import { cutPiece, pieceOf } from "./body-chunks.ts";
import { tooLong, tooShort } from "./body-length.ts";
import type { Sent } from "./sent.ts";

/**
 * Writes all chunks and ends the exchange; see `writeResponse`. Rejects with what the body threw, or with an AppError
 * (`UWSGI_APP_CONTRACT`) for what is no chunk, and for more or less than the head announces.
 */
export async function writeStream(
  exchange: Exchange,
  status: number,
  head: AnswerHead,
  body: Iterable<BodyChunk> | AsyncIterable<BodyChunk>,
  sent: Sent,
): Promise<void> {
  const stream = new StreamWriter(exchange, status, head, sent);
  if (isAsync(body)) {
    const { isHeadFinal } = body as { readonly isHeadFinal?: boolean };
    // What is there at once goes out with its head in one write.
    const late = isHeadFinal === true ? setImmediate(() => stream.sendHead()) : undefined;
    try {
      for await (const chunk of body) {
        const room = stream.write(chunk);
        if (room !== undefined) await room;
        stream.checkSurplus();
      }
    } finally {
      clearImmediate(late);
    }
  } else {
    // Not by `for await`, which would wait for each chunk though it is there.
    for (const item of body as Iterable<BodyChunk | PromiseLike<BodyChunk>>) {
      const room = stream.write(isPromiseLike(item) ? await item : item);
      if (room !== undefined) await room;
      stream.checkSurplus();
    }
  }
  const room = stream.end();
  if (room !== undefined) await room;
  sent.finish(exchange);
}

function isAsync(body: Iterable<BodyChunk> | AsyncIterable<BodyChunk>): body is AsyncIterable<BodyChunk> {
  return (body as Partial<AsyncIterable<BodyChunk>>)[Symbol.asyncIterator] !== undefined;
}

class StreamWriter {
  private readonly exchange: Exchange;
  private readonly status: number;
  private readonly head: AnswerHead;
  private readonly sent: Sent;
  private isTooLong = false;

  constructor(exchange: Exchange, status: number, head: AnswerHead, sent: Sent) {
    this.exchange = exchange;
    this.status = status;
    this.head = head;
    this.sent = sent;
  }

  /** Writes the chunk as far as it was announced; answers as `Exchange.write`. */
  write(chunk: BodyChunk): Promise<void> | undefined {
    const { exchange, head, sent } = this;
    const whole = pieceOf(chunk);
    if (whole.length === 0) return undefined;
    const piece = head.length === undefined ? whole : cutPiece(whole, head.length - sent.bodyBytes);
    this.isTooLong = piece !== whole;
    const text = sent.status === 0 ? endHead(head) : "";
    this.note(text, piece.length);
    if (piece.length === 0) return text === "" ? undefined : exchange.write(text);
    return text === "" ? exchange.write(piece) : exchange.write(text, piece);
  }

  /** Sends the head alone, unless it is on its way. */
  sendHead(): void {
    const { exchange, head, sent } = this;
    if (sent.status !== 0 || !exchange.isOpen) return;
    const text = endHead(head);
    this.note(text, 0);
    // The next write waits for room, and fails where this does.
    exchange.write(text)?.catch(() => {});
  }

  /** Throws when more has come than was announced, behind what was. */
  checkSurplus(): void {
    const { exchange, head, sent } = this;
    if (!this.isTooLong || head.length === undefined) return;
    sent.finish(exchange);
    throw tooLong(head.length);
  }

  /** Sends the head of a body that was empty; throws when less has come than was announced. */
  end(): Promise<void> | undefined {
    const { exchange, head, sent } = this;
    const { length } = head;
    if (length !== undefined && sent.bodyBytes < length) throw tooShort(sent.bodyBytes, length);
    if (sent.status !== 0) return undefined;
    const text = endHead(head, 0);
    sent.isLengthKnown = true;
    this.note(text, 0);
    return exchange.write(text);
  }

  private note(head: string, bodyBytes: number): void {
    const { exchange, sent } = this;
    // Else the write refuses, and nothing was sent.
    if (!exchange.isOpen) return;
    if (head !== "") {
      sent.status = this.status;
      sent.headBytes = head.length;
    }
    sent.bodyBytes += bodyBytes;
  }
}
