/** A `Response` that costs next to nothing while it is only made and returned. */
import { Readable } from "node:stream";
import { isUint8Array } from "node:util/types";
import type { Header } from "../../codec/index.ts";
import { pairsOf, hasPair } from "./response-pairs.ts";
import { delegate, platform } from "./platform.ts";

type GivenBody = ConstructorParameters<typeof Response>[0];

/** A response whose body has not been touched. */
export interface UntouchedResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array | string | ReadableStream | null;
}

/** What the server sends; undefined for what is not of ours, or has to be asked of the platform. */
export let untouchedResponse: (response: object) => UntouchedResponse | undefined;

/** The platform's response of ours. */
let realResponse: (response: FastResponse) => Response;

/**
 * Stands in the place of the global `Response`. Text, bytes, streams and nothing are kept as they are given, and the headers as a
 * list, checked; whatever is unusual in them, and whatever is done with the response but to return it, the platform's `Response` does.
 *
 * Bytes are not copied: they must not be changed before they are sent.
 */
export class FastResponse {
  #body: Uint8Array | string | ReadableStream | null = null;
  #status = 200;
  #statusText = "";
  #pairs: readonly Header[] = NO_HEADERS;
  /** The type that text has by itself is the last of the pairs. */
  #isTyped = false;
  /** Made of the pairs when they are first asked for; they no longer count then. */
  #headers: Headers | undefined;
  #real: Response | undefined;

  constructor(body?: GivenBody, init?: ResponseInit) {
    if (!this.#take(body, init)) this.#real = new (platform().Response)(body, init);
  }

  static {
    untouchedResponse = (response) => (#pairs in response ? response.#untouched() : undefined);
    realResponse = (response) => response.#realOrNew();
  }

  /** As `Response.json`. */
  static json(data: unknown, init?: ResponseInit): Response {
    const text = JSON.stringify(data) as string | undefined;
    const response = text === undefined ? undefined : new FastResponse(text, init);
    if (response === undefined || response.#real !== undefined) return platform().Response.json(data, init);
    if (response.#isTyped) {
      const given = response.#pairs;
      response.#pairs = given === TEXT_ONLY ? JSON_ONLY : [...given.slice(0, -1), JSON_TYPE];
    }
    return response as unknown as Response;
  }

  static redirect(url: string | URL, status?: number): Response {
    return platform().Response.redirect(url, status as 302);
  }

  static error(): Response {
    return platform().Response.error();
  }

  /** Also true for the platform's own responses. */
  static [Symbol.hasInstance](this: typeof FastResponse, value: unknown): boolean {
    const { prototype } = this === FastResponse ? platform().Response : this;
    return typeof value === "object" && value !== null && Object.prototype.isPrototypeOf.call(prototype, value);
  }

  get status(): number {
    return this.#real?.status ?? this.#status;
  }

  get statusText(): string {
    return this.#real?.statusText ?? this.#statusText;
  }

  get ok(): boolean {
    const { status } = this;
    return status >= 200 && status <= 299;
  }

  get headers(): Headers {
    return (this.#headers ??= this.#real?.headers ?? new (platform().Headers)(this.#pairs as [string, string][]));
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? false;
  }

  clone(): Response {
    const { Response: Real } = platform();
    const { status, statusText, headers } = this;
    const { body } = this.#realOrNew().clone();
    return new Real(body, { status, statusText, headers });
  }

  #untouched(): UntouchedResponse | undefined {
    const real = this.#real;
    if (real !== undefined && !this.#isWholeIn(real)) return undefined;
    const headers = this.#headers as unknown as Iterable<Header> | undefined;
    return {
      status: this.#status,
      statusText: this.#statusText,
      headers: headers === undefined ? this.#pairs : [...headers],
      body: this.#body,
    };
  }

  #realOrNew(): Response {
    const real = (this.#real ??= new (platform().Response)(this.#body as GivenBody, {
      status: this.#status,
      statusText: this.#statusText,
      headers: (this.#headers ?? this.#pairs) as [string, string][],
    }));
    // What `blob` and `formData` go by.
    const type = this.#headers?.get("content-type") ?? null;
    if (type !== null && type !== real.headers.get("content-type")) real.headers.set("content-type", type);
    return real;
  }

  /** True where it was made of a body that is still there as it was given, and nobody reads it. */
  #isWholeIn({ bodyUsed, body }: Response): boolean {
    if (bodyUsed || body?.locked === true) return false;
    return typeof this.#body === "string" || isUint8Array(this.#body);
  }

  /** False for what only the platform can judge. */
  #take(body: unknown, init: unknown): boolean {
    const isText = typeof body === "string";
    if (!isText && body !== undefined && body !== null && !isUsualBody(body)) return false;
    if (init === undefined) {
      if (isText) {
        this.#pairs = TEXT_ONLY;
        this.#isTyped = true;
      }
      this.#body = body ?? null;
      return true;
    }
    return this.#takeInit(init) && this.#takeBody(body ?? null);
  }

  #takeInit(init: unknown): boolean {
    if (typeof init !== "object" || init === null) return false;
    const { status = 200, statusText = "", headers } = init as ResponseInit;
    if (!Number.isInteger(status) || status < 200 || status > 599) return false;
    if (statusText !== "" && (typeof statusText !== "string" || !PLAIN_REASON.test(statusText))) return false;
    const pairs = headers === undefined ? NO_HEADERS : pairsOf(headers);
    if (pairs === undefined) return false;
    this.#status = status;
    this.#statusText = statusText;
    this.#pairs = pairs;
    return true;
  }

  #takeBody(body: Uint8Array | string | ReadableStream | null): boolean {
    const status = this.#status;
    if (body !== null && (status === 204 || status === 205 || status === 304)) return false;
    this.#body = body;
    const pairs = this.#pairs;
    if (typeof body !== "string" || hasPair(pairs, "content-type")) return true;
    this.#isTyped = true;
    this.#pairs = pairs === NO_HEADERS ? TEXT_ONLY : [...pairs, TEXT_TYPE];
    return true;
  }
}

const TEXT_TYPE: Header = Object.freeze(["content-type", "text/plain;charset=UTF-8"]);
const JSON_TYPE: Header = Object.freeze(["content-type", "application/json"]);
const NO_HEADERS: readonly Header[] = Object.freeze([]);
const TEXT_ONLY: readonly Header[] = Object.freeze([TEXT_TYPE]);
const JSON_ONLY: readonly Header[] = Object.freeze([JSON_TYPE]);

/** Others are the platform's to refuse. */
const PLAIN_REASON = /^[\t\x20-\x7e]*$/;

/** Bytes, but not of memory that is shared, and streams that nobody has begun to read. */
function isUsualBody(body: unknown): body is Uint8Array | ReadableStream {
  if (isUint8Array(body)) return body.buffer instanceof ArrayBuffer;
  return body instanceof ReadableStream && !body.locked && !Readable.isDisturbed(body as unknown as Readable);
}

/** Makes it a `Response`. */
export function linkResponse(): void {
  const { Response: Real } = platform();
  Object.defineProperty(FastResponse, "name", { value: "Response" });
  Object.setPrototypeOf(FastResponse, Real);
  Object.setPrototypeOf(FastResponse.prototype, Real.prototype);
  delegate(FastResponse.prototype, Real.prototype, (response) => realResponse(response as FastResponse));
}
