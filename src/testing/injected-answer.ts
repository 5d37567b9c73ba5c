/// <reference lib="esnext.disposable" preserve="true" />
/** What comes back of a request: whole, or as it goes. */
import type { Header, ResponseHead } from "../codec/index.ts";
import type { MemoryExchange } from "./memory-exchange.ts";

/** The head of an answer. */
class InjectedHead {
  readonly status: number;
  readonly reason: string;
  /** In the order in which they went out. */
  readonly headers: readonly Header[];

  constructor({ status, reason, headers }: ResponseHead) {
    this.status = status;
    this.reason = reason;
    this.headers = headers;
  }

  /** The value of a header, in any case; values of repeated ones joined with ", ". Undefined where there is none. */
  get(name: string): string | undefined {
    const lower = name.toLowerCase();
    const values = this.headers.filter(([header]) => header.toLowerCase() === lower).map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(", ");
  }
}

/** What is known when everything has ended, work behind the answer too. */
export interface InjectedRest {
  /** What the application has said to its log (`wsgi.errors`), one text for each line. */
  readonly logs: readonly string[];
  /** What the server would log as failures: what the application threw, and why a request was refused. */
  readonly errors: readonly unknown[];
}

/** An answer that has ended. */
export class InjectedAnswer extends InjectedHead implements InjectedRest {
  /** The body, as it reaches the client. */
  readonly body: Uint8Array;
  /** The same in the pieces in which it was sent. */
  readonly chunks: readonly Uint8Array[];
  /** False when the answer was broken off behind its head. */
  readonly isComplete: boolean;
  readonly logs: readonly string[];
  readonly errors: readonly unknown[];

  /** @internal Made by `inject` only. */
  constructor(head: ResponseHead, chunks: readonly Uint8Array[], isComplete: boolean, { logs, errors }: InjectedRest) {
    super(head);
    this.body = Buffer.concat(chunks);
    this.chunks = chunks;
    this.isComplete = isComplete;
    this.logs = logs;
    this.errors = errors;
  }

  /** The body as UTF-8. */
  text(): string {
    return new TextDecoder().decode(this.body);
  }

  /** The body read as JSON. */
  json(): unknown {
    return JSON.parse(this.text()) as unknown;
  }
}

/** An answer whose head has come; its body is the test's to read, chunk by chunk. */
export class InjectedStream extends InjectedHead implements AsyncIterable<Uint8Array>, AsyncDisposable {
  /** Resolves when the answer, and the work behind it, has ended: read it to its end, or leave it. */
  readonly ended: Promise<InjectedRest>;
  private readonly exchange: MemoryExchange;

  /** @internal Made by `inject.stream` only. */
  constructor(head: ResponseHead, exchange: MemoryExchange, ended: Promise<InjectedRest>) {
    super(head);
    this.exchange = exchange;
    this.ended = ended;
  }

  /**
   * The next chunk, undefined at the end. The application is not asked for more before that. Rejects with a
   * ConnectionError (`UWSGI_PEER_GONE`) when the answer was broken off.
   */
  async read(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.exchange.body.next();
    return done === true ? undefined : (value as Uint8Array);
  }

  /** The client goes away, wherever the answer is; resolves as `ended`. */
  leave(): Promise<InjectedRest> {
    this.exchange.leave();
    return this.ended;
  }

  /** All chunks; who leaves the loop is a client that goes away. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk;
    } finally {
      // Behind the end it is nothing.
      if (this.exchange.isOpen) this.exchange.leave();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }
}
