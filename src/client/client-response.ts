/// <reference lib="esnext.disposable" preserve="true" />
/** A response as its receiver reads it: the whole of it at once, or piece by piece. */
import type { Header } from "../codec/index.ts";
import type { Response } from "./packet-request.ts";
import { readAll, type ReadAllOptions } from "./read-all.ts";

/**
 * A response. Its body is read once: by `body`, or by one of `bytes`, `text` and `json`. Whoever wants none of it calls
 * `destroy`, for until then the connection is open.
 */
export class ClientResponse implements Response, AsyncDisposable {
  /** 100-999; what is no success is no error either. */
  readonly status: number;
  readonly reason: string;
  /** In the order they came. Values are latin-1. */
  readonly headers: readonly Header[];
  readonly body: AsyncIterable<Uint8Array>;
  private readonly response: Response;

  constructor(response: Response) {
    this.status = response.status;
    this.reason = response.reason;
    this.headers = response.headers;
    this.body = response.body;
    this.response = response;
  }

  /** True for 200-299. */
  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  /** See `Response.excessBytes`. */
  get excessBytes(): number {
    return this.response.excessBytes ?? 0;
  }

  /** Value of a header, names in any case; several are joined with ", ". Undefined when there is none. */
  header(name: string): string | undefined {
    const values = this.headerValues(name);
    return values.length === 0 ? undefined : values.join(", ");
  }

  /** Values of a header that may come several times and cannot be joined: `Set-Cookie`. */
  headerValues(name: string): string[] {
    const lower = name.toLowerCase();
    return this.headers.filter(([header]) => header.toLowerCase() === lower).map(([, value]) => value);
  }

  /** All of the body. Rejects as `body` does, and with a LimitError (`UWSGI_RESPONSE_LIMIT`). */
  bytes(options?: ReadAllOptions): Promise<Uint8Array> {
    return readAll(this.body, options);
  }

  /** All of the body, as UTF-8. Rejects as `bytes`. */
  async text(options?: ReadAllOptions): Promise<string> {
    return new TextDecoder().decode(await this.bytes(options));
  }

  /** All of the body, as JSON. Rejects as `bytes`, and with a SyntaxError. */
  async json(options?: ReadAllOptions): Promise<unknown> {
    return JSON.parse(await this.text(options)) as unknown;
  }

  /** Closes the connection, if it is open: nobody wants the rest of the body. */
  destroy(): void {
    this.body[Symbol.asyncIterator]()
      .return?.()
      ?.catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }
}
