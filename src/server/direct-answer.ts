/**
 * The answer of an application that writes its own bytes (`DirectHandler`): sees to it that they are as many as
 * announced, that the answer ends once, and that it is reported as all others are.
 */
import { contractError } from "../errors.ts";
import { type DirectAnswer, type DirectHandler, isPromiseLike } from "../handler/index.ts";
import { cutPiece, type Piece } from "./body-chunks.ts";
import { tooLong, tooShort } from "./body-length.ts";
import { HttpAnswer } from "./http-answer.ts";
import { end, endFailed, endUpgraded } from "./http-end.ts";
import { reportError } from "./http-report.ts";

export class DirectHttpAnswer extends HttpAnswer implements DirectAnswer {
  /** Bytes that were announced and have not come yet; Infinity when none were announced. */
  private left = Number.POSITIVE_INFINITY;
  private length: number | undefined;
  private isTooLong = false;
  private isOver = false;
  /** The last write, while it waits for room. */
  private room: Promise<void> | undefined;
  /** What goes on behind the end. */
  private rest: Promise<void> | undefined;
  private onOver: ((rest: Promise<void> | undefined) => void) | undefined;

  get isOpen(): boolean {
    return !this.isOver && this.exchange.isOpen;
  }

  run(handler: DirectHandler): void {
    try {
      const answering = handler.answer(this.request, this);
      if (this.request.stream !== undefined) this.close(endUpgraded(this));
      if (isPromiseLike(answering)) this.follow(answering);
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
    if (status < 200) throw contractError(`status ${status}, allowed are 200 to 999`);
    this.isLengthKnown = length !== undefined;
    if (length !== undefined && this.hasBody(status)) this.length = this.left = length;
    const piece = this.take(first);
    if (this.isOpen) {
      this.status = status;
      this.headBytes = head.length;
    }
    return this.note(piece.length === 0 ? this.exchange.write(head) : this.exchange.write(head, piece));
  }

  write(chunk: Piece): Promise<void> | undefined {
    const piece = this.take(chunk);
    return piece.length === 0 && chunk.length > 0 ? this.room : this.note(this.exchange.write(piece));
  }

  end(): void {
    if (this.isOver) return;
    if (this.length !== undefined && this.left > 0) {
      this.fail(tooShort(this.bodyBytes, this.length));
      return;
    }
    const { room } = this;
    if (room === undefined) this.complete();
    else {
      room.then(
        () => this.complete(),
        (error: unknown) => this.fail(error),
      );
    }
  }

  fail(error: unknown): void {
    if (this.isOver) reportError(this, error, "complete", this.status);
    else this.close(endFailed(this, error));
  }

  private follow(answering: PromiseLike<void>): void {
    answering.then(
      () => {
        if (this.request.stream !== undefined && !this.isOver) this.close(endUpgraded(this));
      },
      (error: unknown) => this.fail(error),
    );
  }

  private complete(): void {
    if (this.isOver) return;
    this.finish(this.exchange);
    this.close(end(this, "complete"));
  }

  private close(rest: Promise<void> | undefined): void {
    this.isOver = true;
    this.rest = rest;
    this.onOver?.(rest);
  }

  private hasBody(status: number): boolean {
    return this.method !== "HEAD" && status !== 204 && status !== 304;
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

  private note(room: Promise<void> | undefined): Promise<void> | undefined {
    this.room = room;
    return room;
  }
}
