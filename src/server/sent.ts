/** What was sent of an answer, for logs and for whoever has to deal with a failure. */
import type { Exchange } from "../handler/index.ts";

export class Sent {
  /** 0: no head was sent. */
  status = 0;
  headBytes = 0;
  /** Handed to the transport. */
  bodyBytes = 0;
  /** The head announces a Content-Length. */
  isLengthKnown = false;
  /** The answer is complete, whatever was thrown afterwards. */
  isComplete = false;

  /** Ends the exchange: all that belongs to the answer has been handed over. */
  finish(exchange: Exchange): void {
    exchange.end(this.isLengthKnown);
    this.isComplete = true;
  }
}
