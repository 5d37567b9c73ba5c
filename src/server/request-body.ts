/** The body of a request: the CONTENT_LENGTH bytes behind the packet, and not one more. */
import { ConnectionError, readTwice, TimeoutError, type UwsgiError } from "../errors.ts";
import type { Exchange, RequestBody } from "../handler/index.ts";

export class ExchangeBody implements RequestBody {
  readonly length: number;
  /** Set when the body is the client's fault: it is too long, or has stopped coming. It can then no longer be read. */
  refusal: UwsgiError | undefined;
  private readonly exchange: Exchange;
  private left: number;
  private isReading = false;

  constructor(exchange: Exchange, length: number) {
    this.exchange = exchange;
    this.length = length;
    this.left = length;
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    if (this.left === 0) return NOTHING_LEFT;
    if (this.isReading) return Promise.reject(readTwice());
    this.isReading = true;
    return this.exchange.read().then(this.onChunk, this.onFault);
  }

  private readonly onChunk = (chunk: Uint8Array | undefined): Uint8Array => {
    this.isReading = false;
    if (chunk === undefined) throw this.truncated();
    if (chunk.length <= this.left) {
      this.left -= chunk.length;
      return chunk;
    }
    // Surplus bytes belong to nobody: one request per connection.
    const last = chunk.subarray(0, this.left);
    this.left = 0;
    return last;
  };

  private readonly onFault = (error: unknown): never => {
    this.isReading = false;
    if (error instanceof TimeoutError) this.refusal = error;
    // A reset is the same to a reader as an early end. What else can be: the answer is already out.
    throw this.refusal ?? (this.exchange.peerGone ? this.truncated(error) : error);
  };

  private truncated(cause?: unknown): ConnectionError {
    return new ConnectionError(
      `the peer closed after ${this.length - this.left} of ${this.length} bytes of the request body`,
      { code: "UWSGI_BODY_TRUNCATED", cause },
    );
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk;
  }
}

/** What all bodies answer at their end. */
const NOTHING_LEFT: Promise<undefined> = Promise.resolve(undefined);
