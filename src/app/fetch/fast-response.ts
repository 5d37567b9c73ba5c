/** A `Response` that costs next to nothing while it is only made and returned. */
import { isUint8Array } from "node:util/types";
import type { Header } from "../../codec/index.ts";
import { hasPair, pairsIn, pairsOf } from "./response-pairs.ts";
import { delegate, platform } from "./platform.ts";
import { type UsualBody, usualBody } from "./usual-body.ts";

type GivenBody = ConstructorParameters<typeof Response>[0];

/** A response whose body has not been touched. */
export interface UntouchedResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly Header[];
  readonly body: UsualBody["body"];
}

/** What the server sends; undefined for what is not of ours, or has to be asked of the platform. */
export let untouchedResponse: (response: object) => UntouchedResponse | undefined;

/** The platform's response of ours. */
let realResponse: (response: FastResponse) => Response;

/**
 * Stands in the place of the global `Response`. Text, bytes, streams and nothing are kept as they are given, and the
 * headers as a list, checked; whatever is unusual in them, and whatever is done with the response but to return it,
 * the platform's `Response` does.
 *
 * Bytes are not copied: they must not be changed before they are sent.
 */
export class FastResponse {
  #body: UsualBody["body"] = null;
  #status = 200;
  #statusText = "";
  #pairs: readonly Header[] = NO_HEADERS;
  /** The type that the body has by itself is the last of the pairs. */
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
      response.#pairs = given.length === 1 ? JSON_ONLY : [...given.slice(0, -1), JSON_TYPE];
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
    const real = this.#realOrNew();
    const headers = this.#headers;
    const clone = real.clone();
    if (headers === undefined || headers === real.headers) return clone;
    const { body, status, statusText } = clone;
    return new (platform().Response)(body, { status, statusText, headers });
  }

  #untouched(): UntouchedResponse | undefined {
    const real = this.#real;
    if (real !== undefined && !this.#isWholeIn(real)) return undefined;
    const headers = this.#headers;
    return {
      status: this.#status,
      statusText: this.#statusText,
      headers: headers === undefined ? this.#pairs : pairsIn(headers),
      body: this.#body,
    };
  }

  #realOrNew(): Response {
    const real = (this.#real ??= new (platform().Response)(this.#body as GivenBody, {
      status: this.#status,
      statusText: this.#statusText,
      headers: this.#pairs as [string, string][],
    }));
    const headers = this.#headers;
    // What `blob` and `formData` go by.
    const type = headers === undefined ? undefined : headers.get("content-type");
    if (type === null) real.headers.delete("content-type");
    else if (type !== undefined && type !== real.headers.get("content-type")) real.headers.set("content-type", type);
    return real;
  }

  /** True where it was made of a body that is still there as it was given, and nobody reads it. */
  #isWholeIn({ bodyUsed, body }: Response): boolean {
    if (bodyUsed || body?.locked === true) return false;
    return typeof this.#body === "string" || isUint8Array(this.#body) || this.#body instanceof Blob;
  }

  /** False for what only the platform can judge. */
  #take(given: unknown, init: unknown): boolean {
    const usual = usualBody(given);
    if (usual === undefined || (init !== undefined && !this.#takeInit(init, usual.body !== null))) return false;
    const { body, type } = usual;
    this.#body = body;
    const pairs = this.#pairs;
    if (type === undefined || hasPair(pairs, "content-type")) return true;
    this.#isTyped = true;
    this.#pairs = pairs === NO_HEADERS ? alone(type) : [...pairs, type];
    return true;
  }

  #takeInit(init: unknown, hasBody: boolean): boolean {
    if (typeof init !== "object" || init === null) return false;
    const { status = 200, statusText = "", headers } = init as ResponseInit;
    if (!Number.isInteger(status) || status < 200 || status > 599) return false;
    if (hasBody && (status === 204 || status === 205 || status === 304)) return false;
    if (statusText !== "" && (typeof statusText !== "string" || !PLAIN_REASON.test(statusText))) return false;
    const pairs = headers === undefined ? NO_HEADERS : pairsOf(headers);
    if (pairs === undefined) return false;
    this.#status = status;
    this.#statusText = statusText;
    this.#pairs = pairs;
    return true;
  }
}

const JSON_TYPE: Header = Object.freeze(["content-type", "application/json"]);
const NO_HEADERS: readonly Header[] = Object.freeze([]);
const JSON_ONLY: readonly Header[] = Object.freeze([JSON_TYPE]);

/** The type that was last the only header. */
let lastAlone: readonly Header[] = JSON_ONLY;

/** A list of one. */
function alone(type: Header): readonly Header[] {
  if (lastAlone[0] !== type) lastAlone = Object.freeze([type]);
  return lastAlone;
}

/** Others are the platform's to refuse. */
const PLAIN_REASON = /^[\t\x20-\x7e]*$/;

/** Makes it a `Response`. */
export function linkResponse(): void {
  const { Response: Real } = platform();
  Object.defineProperty(FastResponse, "name", { value: "Response" });
  Object.setPrototypeOf(FastResponse, Real);
  Object.setPrototypeOf(FastResponse.prototype, Real.prototype);
  delegate(FastResponse.prototype, Real.prototype, (response) => realResponse(response as FastResponse));
}
