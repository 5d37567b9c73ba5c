/** The headers of a response, in the two forms that undici's handlers are given. */
import type { Header } from "../../codec/index.ts";
import type { HeaderRecord, RawHeaders } from "./handlers.ts";

/** As from undici's parser: names and values by turns, repeated names repeated. */
export function rawHeadersOf(headers: readonly Header[]): RawHeaders {
  return headers.flatMap(([name, value]) => [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")]);
}

/** By name, lower case. No name does harm: `__proto__` is a key like another. */
export function headerRecordOf(headers: readonly Header[]): HeaderRecord {
  const record = new Map<string, string | string[]>();
  for (const [header, value] of headers) {
    const name = header.toLowerCase();
    const before = record.get(name);
    if (before === undefined) record.set(name, value);
    else if (typeof before === "string") record.set(name, [before, value]);
    else before.push(value);
  }
  return Object.fromEntries(record);
}

/**
 * What an interceptor passes on may have been changed, or be another's: pairs from a record, or from raw headers, whose
 * values undici 7 gives as lists where a name was repeated.
 */
export function headersFrom(headers: unknown): Header[] {
  if (typeof headers !== "object" || headers === null) return [];
  if (!Array.isArray(headers)) return Object.entries(headers).flatMap(([name, value]) => pairs(name, value));
  const list: readonly unknown[] = headers;
  return list.flatMap((name, i) => (i % 2 === 0 ? pairs(text(name), list[i + 1]) : []));
}

function pairs(name: string, value: unknown): Header[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.map((each) => [name, text(each)]);
}

function text(value: unknown): string {
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
