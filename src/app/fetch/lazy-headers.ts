/** The headers of a request as a `Headers`, most of which are never asked for. */
import { isFieldValue, isToken } from "../../codec/index.ts";
import { type Environ, varName } from "../../environ/index.ts";
import { delegate, platform } from "./platform.ts";
import { requestHeaders } from "./request-headers.ts";

/** Vars by the names of headers; bounded, so that invented names cannot fill memory. */
const vars = new Map<string, string>();
const MOST_NAMES = 512;

/**
 * Reads single headers from the environ; for all else the platform's `Headers` is made, once. It is a `Headers` for
 * `instanceof`, and iterable for whoever makes another of it.
 */
export class LazyHeaders {
  readonly #environ: Environ;
  #real: Headers | undefined;

  constructor(environ: Environ) {
    this.#environ = environ;
  }

  /** The platform's headers of these. */
  static real(headers: LazyHeaders): Headers {
    return (headers.#real ??= new (platform().Headers)(
      requestHeaders(headers.#environ) as readonly (readonly [string, string])[] as [string, string][],
    ));
  }

  /** From now on these are the headers. */
  static adopt(headers: LazyHeaders, real: Headers): void {
    headers.#real = real;
  }

  get(name: string): string | null {
    const value = this.#lookUp(name);
    return value === undefined ? LazyHeaders.real(this).get(name) : value;
  }

  has(name: string): boolean {
    const value = this.#lookUp(name);
    return value === undefined ? LazyHeaders.real(this).has(name) : value !== null;
  }

  /** Undefined where the platform has to be asked. */
  #lookUp(name: string): string | null | undefined {
    if (this.#real !== undefined) return undefined;
    const known = vars.get(name) ?? learn(name);
    if (known === undefined) return undefined;
    const value = this.#environ[known];
    if (typeof value !== "string") return null;
    if (value === "") return known.startsWith("HTTP_") ? "" : null;
    return isFieldValue(value) ? value : undefined;
  }
}

/** Undefined for what is no name, and for names that share their var with another. */
function learn(name: string): string | undefined {
  if (typeof name !== "string" || !isToken(name) || name.includes("_")) return undefined;
  const known = varName(name);
  if (vars.size < MOST_NAMES) vars.set(name, known);
  return known;
}

/** Makes it a `Headers`. */
export function linkHeaders(): void {
  const { prototype } = platform().Headers;
  Object.setPrototypeOf(LazyHeaders.prototype, prototype);
  delegate(LazyHeaders.prototype, prototype, (headers) => LazyHeaders.real(headers as LazyHeaders));
}
