/**
 * The answer of an application that writes its own bytes (`DirectHandler`): sees to it that they are as many as
 * announced, that the answer ends once, and that it is reported as all others are.
 */
import { contractError, gone, rejected, type UwsgiError } from "../errors.ts";
import { type ByteStream, type DirectAnswer, type DirectHandler, isPromiseLike } from "../handler/index.ts";
import { cutPiece, type Piece } from "./body-chunks.ts";
import { tooLong, tooShort } from "./body-length.ts";
import { HttpAnswer } from "./http-answer.ts";
import { end, endFailed } from "./http-end.ts";
import { reportError } from "./http-report.ts";
import { writeBoth } from "./response-writer.ts";

export class DirectHttpAnswer extends HttpAnswer implements DirectAnswer {
  /** Bytes that may still come; Infinity where nothing says how many. */
  private left = Number.POSITIVE_INFINITY;
  private length: number | undefined;
  private isTooLong = false;
  /** Nothing more is taken from the application. */
  private isEnding = false;
  /** It is reported, or will be by who has taken the connection over. */
  private isOver = false;
  /** The last write, when it had to wait for room. */
  private room: Promise<void> | undefined;
  /** What goes on behind the end. */
  private rest: Promise<void> | undefined;
  private onOver: ((rest: Promise<void> | undefined) => void) | undefined;

  get isOpen(): boolean {
    return !this.isEnding && this.exchange.isOpen;
  }

  run(handler: DirectHandler): void {
    try {
      const answering = handler.answer(this.request, this);
      if (isPromiseLike(answering)) answering.then(undefined, (error: unknown) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Resolves when the answer, and what goes on behind it, has ended; undefined when it has. */
  untilEnd(): Promise<void> | undefined {
    if (this.isOver) return this.rest;
    return new Promise((resolve) => {
      this.onOver = resolve;
    });
  }

  begin(status: number, head: string, length: number | undefined, first: Piece = ""): Promise<void> | undefined {
    if (this.isGivenUp) return this.refuse();
    if (!(status >= 200 && status <= 999)) throw contractError(`status ${status}, allowed are 200 to 999`);
    if (this.status !== 0) throw contractError("the head was sent before");
    if (!this.isOpen) return this.refuse();
    if (this.method === "HEAD" || status === 204 || status === 304) this.left = 0;
    else if (length !== undefined) this.length = this.left = length;
    const writing = writeBoth(this.exchange, head, this.take(first));
    // Behind the write: what is no bytes is refused by it, and a 500 can still be sent.
    this.status = status;
    this.headBytes = head.length;
    this.isLengthKnown = length !== undefined && status !== 204;
    return (this.room = writing);
  }

  write(chunk: Piece): Promise<void> | undefined {
    if (!this.isOpen) return this.refuse();
    if (this.status === 0) throw contractError("bytes of the body came before the head");
    const piece = this.take(chunk);
    return piece.length === 0 ? this.room : (this.room = this.exchange.write(piece));
  }

  end(): void {
    if (this.isEnding) return;
    const { exchange, room, length } = this;
    if (!exchange.isOpen) this.breakOff(exchange.cutBecause ?? exchange.signal.reason);
    else if (this.status === 0) this.breakOff(contractError("the answer was ended before its head was sent"));
    else if (length !== undefined && this.left > 0) this.breakOff(tooShort(this.bodyBytes, length));
    else if (room === undefined) this.complete();
    else {
      this.isEnding = true;
      room.then(
        () => this.complete(),
        (error: unknown) => this.breakOff(error),
      );
    }
  }

  fail(error: unknown): void {
    if (!this.isEnding) {
      this.breakOff(error);
      return;
    }
    this.failLate(error);
  }

  override giveUp(error: unknown, status: number, reason: UwsgiError): boolean {
    if (!super.giveUp(error, status, reason)) return false;
    this.close(undefined);
    return true;
  }

  override onUpgrade(stream: ByteStream): void {
    super.onUpgrade(stream);
    this.close(undefined);
  }

  private complete(): void {
    this.finish(this.exchange);
    this.close(end(this, "complete"));
  }

  private breakOff(error: unknown): void {
    this.isEnding = true;
    this.close(endFailed(this, error));
  }

  private close(rest: Promise<void> | undefined): void {
    this.isEnding = this.isOver = true;
    this.rest = rest;
    this.onOver?.(rest);
  }

  /** Answers as a write in vain does. */
  private refuse(): Promise<void> | undefined {
    // The exchange knows why.
    return this.exchange.isOpen ? rejected(gone("write after the end")) : this.exchange.write("");
  }

  /** The part of a chunk that was announced. */
  private take(chunk: Piece): Piece {
    const piece = chunk.length <= this.left ? chunk : cutPiece(chunk, this.left);
    if (piece.length < chunk.length && this.length !== undefined && !this.isTooLong) {
      this.isTooLong = true;
      reportError(this, tooLong(this.length), "complete", this.status);
    }
    this.left -= piece.length;
    this.bodyBytes += piece.length;
    return piece;
  }
}
