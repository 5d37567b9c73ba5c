/** A `Request` that is made when it is touched, and no more of it than what is. */
import type { AppRequest } from "../../handler/index.ts";
import { remoteOf } from "../../environ/index.ts";
import { LazyHeaders } from "./lazy-headers.ts";
import { delegate, platform } from "./platform.ts";
import { hasBody, platformRequest } from "./platform-request.ts";
import { arrayBufferOf, readWhole, textOf } from "./whole-body.ts";
import { urlOf } from "./request-url.ts";

/**
 * What an application gets as its request while the fast globals are installed. Method, URL and headers are read from
 * the environ, a body that is read as a whole from the connection; for all else the platform's `Request` is made,
 * once.
 */
export class FastRequest {
  readonly #request: AppRequest;
  readonly #method: string;
  readonly #origin: string;
  #url: string | undefined;
  #headers: LazyHeaders | undefined;
  #real: Request | undefined;
  /** The body was read, and not through the platform's request. */
  #isRead = false;

  constructor(request: AppRequest, method: string, origin: string) {
    this.#request = request;
    this.#method = method;
    this.#origin = origin;
  }

  /** The platform's request, where `given` is one of ours; else what was given. */
  static unwrap<Given>(given: Given): Given | Request {
    return typeof given === "object" && given !== null && #request in given ? FastRequest.real(given) : given;
  }

  /** The platform's request of ours. Throws a TypeError for what is none of ours, as the platform does for its own. */
  static real(given: FastRequest): Request {
    if (given.#real !== undefined) return given.#real;
    const { Request } = platform();
    const { headers, url } = given;
    const entries = headers as unknown as Iterable<readonly [string, string]>;
    const real = given.#isRead
      ? readRequest(
          new Request(url, {
            method: given.#method,
            headers: [...entries] as [string, string][],
            signal: given.signal,
            body: new Uint8Array(1),
          }),
        )
      : platformRequest(Request, given.#request, given.#method, url, entries);
    LazyHeaders.adopt(given.#headersOrNew(), real.headers);
    return (given.#real = real);
  }

  get method(): string {
    return this.#method;
  }

  get url(): string {
    return (this.#url ??= urlOf(this.#origin, this.#request.environ));
  }

  get headers(): Headers {
    return this.#headersOrNew() as unknown as Headers;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  get bodyUsed(): boolean {
    return this.#isRead || this.#real?.bodyUsed === true;
  }

  /** The client's address as the front end saw it; undefined where it knows none. */
  get ip(): string | undefined {
    return remoteOf(this.#request.environ).address;
  }

  /** As in the context. */
  waitUntil(work: PromiseLike<unknown>): void {
    this.#request.waitUntil(work);
  }

  text(): Promise<string> {
    return this.#read(textOf) ?? FastRequest.real(this).text();
  }

  json(): Promise<unknown> {
    return this.#read((bytes) => JSON.parse(textOf(bytes)) as unknown) ?? FastRequest.real(this).json();
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read(arrayBufferOf) ?? FastRequest.real(this).arrayBuffer();
  }

  bytes(): Promise<Uint8Array> {
    return this.arrayBuffer().then((buffer) => new Uint8Array(buffer));
  }

  #headersOrNew(): LazyHeaders {
    return (this.#headers ??= new LazyHeaders(this.#request.environ));
  }

  /**
   * Undefined where the platform's request has to be asked: it has the body, or there is none, or it is read already.
   */
  #read<Value>(read: (bytes: Uint8Array) => Value): Promise<Value> | undefined {
    const request = this.#request;
    if (this.#real !== undefined || this.#isRead || !hasBody(this.#method, request)) return undefined;
    this.#isRead = true;
    return readWhole(request.body).then(read);
  }
}

/** The request with its body read. */
function readRequest(request: Request): Request {
  void request.body?.cancel();
  return request;
}

/** Makes it a `Request`; `constructor` is the global of that name. */
export function linkRequest(constructor: typeof Request): void {
  const { prototype } = platform().Request;
  Object.setPrototypeOf(FastRequest.prototype, prototype);
  delegate(FastRequest.prototype, prototype, (request) => FastRequest.real(request as FastRequest));
  Object.defineProperty(FastRequest.prototype, "constructor", { value: constructor });
}
