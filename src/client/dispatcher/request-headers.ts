/** The headers of a request, in all forms that undici takes, as they go into vars. */
import { type Header, isToken, trimValue } from "../../codec/index.ts";
import { hopByHopHeaders } from "../../environ/index.ts";
import { typeError } from "../../errors.ts";

/** Headers of a request, without those that concern a connection; what decides on its body is apart. */
export interface RequestHeaders {
  readonly headers: readonly Header[];
  readonly hasHost: boolean;
  readonly hasContentType: boolean;
  /** As it stands there. */
  readonly contentLength: string | undefined;
}

/**
 * Reads them. Left out: hop-by-hop headers, what `Connection` names, and `Expect`, for nothing is waited for. Throws a
 * TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no header, and for names other than letters, digits and `-`: `X_A` and
 * `X-A` would be one var.
 */
export function readRequestHeaders(given: unknown): RequestHeaders {
  const all = given === undefined || given === null ? [] : pairsOf(given);
  const ofConnection = new Set(
    all.flatMap(([name, value]) => (name === "connection" ? value.toLowerCase().split(",").map(trimValue) : [])),
  );
  const headers = all.filter(
    ([name]) => !hopByHopHeaders.has(name) && !ofConnection.has(name) && name !== "expect" && name !== "content-length",
  );
  const lengths = all.filter(([name]) => name === "content-length").map(([, value]) => value);
  if (new Set(lengths).size > 1) throw invalid(`two different content-length headers: ${lengths.join(", ")}`);
  return {
    headers,
    hasHost: headers.some(([name]) => name === "host"),
    hasContentType: headers.some(([name]) => name === "content-type"),
    contentLength: lengths[0],
  };
}

function pairsOf(given: unknown): Header[] {
  if (typeof given !== "object" || given === null) {
    throw invalid(`headers are ${describe(given)}, an object, a list or pairs are needed`);
  }
  if (Array.isArray(given) && !Array.isArray(given[0])) {
    const list: readonly unknown[] = given;
    if (list.length % 2 !== 0) throw invalid(`a flat list of ${list.length} headers and values, it must be even`);
    return list.flatMap((name, i) => (i % 2 === 0 ? headersOf(name, list[i + 1]) : []));
  }
  if (!isIterable(given)) return Object.entries(given).flatMap(([name, value]) => headersOf(name, value));
  return [...given].flatMap((pair) => {
    if (Array.isArray(pair) && pair.length === 2) return headersOf(pair[0], pair[1]);
    throw invalid("headers that iterate must iterate as pairs of a name and a value");
  });
}

/** None for undefined, one for each entry of a list. */
function headersOf(name: unknown, value: unknown): Header[] {
  const key = textOf(name);
  if (key === undefined || !isToken(key)) throw invalid(`a header has the name ${describe(name)}`);
  if (!/^[A-Za-z0-9-]+$/.test(key)) {
    throw invalid(`header ${key} cannot be sent: in vars, names of other than letters, digits and "-" mean another`);
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((each): Header[] => {
    if (each === undefined) return [];
    const text = each === null ? "" : textOf(each);
    // undici's rule, which is RFC 9110's: latin-1, and of control characters only the tab.
    if (text === undefined || !/^[\t\x20-\x7e\x80-\xff]*$/.test(text))
      throw invalid(`header ${key} has an invalid value`);
    return [[key.toLowerCase(), trimValue(text)]];
  });
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : undefined;
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

function describe(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : typeof value;
}

function invalid(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", message);
}
