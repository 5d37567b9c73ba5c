/** What is read of a reply, as an iterator over its pieces. It can be gone through once. */
import type { PeerExchange } from "./peer-exchange.ts";

export class ReplyBody implements AsyncIterableIterator<Uint8Array, undefined> {
  private readonly exchange: PeerExchange;

  constructor(exchange: PeerExchange) {
    this.exchange = exchange;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return this.exchange.read();
  }

  /** Closes the connection. */
  return(): Promise<IteratorReturnResult<undefined>> {
    this.exchange.cancel();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
