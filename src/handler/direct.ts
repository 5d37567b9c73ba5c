/**
 * The contract of applications that write their answer themselves: Node's `ServerResponse` makes bytes of HTTP, and
 * making them twice would cost more than all else. Whoever needs to see the response takes the same application as a
 * `Handler`.
 */
import type { AppRequest } from "./handler.ts";

/** Where such an answer goes. */
export interface DirectAnswer {
  /** True while something can be sent: until the end, a failure, an upgrade, or the break of the connection. */
  readonly isOpen: boolean;

  /**
   * Sends the head, and bytes of the body behind it in the same call to the system. `head` is latin-1 text from
   * the status line to the empty line, valid, without framing of its own (Transfer-Encoding) and hop-by-hop headers.
   * `status`: 200 to 999. `length`: the Content-Length that it announces, undefined without one; what is written
   * beyond it is cut and logged. For HEAD, 204 and 304 bytes of a body are dropped. Answers as `Exchange.write`.
   * Throws an AppError (`UWSGI_APP_CONTRACT`) for another status, and when it is called again.
   */
  begin(
    status: number,
    head: string,
    length: number | undefined,
    first?: Uint8Array | string,
  ): Promise<void> | undefined;

  /**
   * Sends bytes of the body, or latin-1 text; answers as `Exchange.write`. Throws an AppError (`UWSGI_APP_CONTRACT`)
   * before the head.
   */
  write(chunk: Uint8Array | string): Promise<void> | undefined;

  /** The answer is complete. Less than was announced is a failure, and so is no head. Does nothing behind the end. */
  end(): void;

  /**
   * The application has failed: a 500 where no head was sent, else the answer is broken off. What went wrong is
   * logged, unless it is only that the peer is gone. Does nothing behind the end but log; behind an upgrade it destroys
   * the stream too.
   */
  fail(error: unknown): void;
}

/** An application that writes its answers itself. */
export interface DirectHandler {
  /**
   * Begins to answer; the answer ends with `end` or `fail` of it, or by an upgrade of the request, whenever that is.
   * What it throws, or rejects with, is a failure of the answer.
   */
  answer(request: AppRequest, answer: DirectAnswer): void | PromiseLike<void>;
}
