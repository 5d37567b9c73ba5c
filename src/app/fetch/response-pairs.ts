/** The headers that an application gives to a `Response`, as the server takes them. */
import { type Header, isFieldValue, isToken, trimValue } from "../../codec/index.ts";
import { knownHeader } from "../../handler/index.ts";

/** Names as `Headers` writes them; bounded, so that invented names cannot fill memory. */
const lowerNames = new Map<unknown, string>();
const MOST_NAMES = 512;

/**
 * Reads a record, a list of pairs or a `Headers`. Undefined for what only the platform can judge: what is no header,
 * names that come twice, values that it would change.
 */
export function pairsOf(headers: unknown): Header[] | undefined {
  if (typeof headers !== "object" || headers === null) return undefined;
  const pairs: Header[] = [];
  if (Symbol.iterator in headers) {
    for (const pair of headers as Iterable<unknown>) {
      if (!Array.isArray(pair) || pair.length !== 2 || !add(pairs, pair[0], pair[1])) return undefined;
    }
    return pairs;
  }
  const record = headers as Readonly<Record<string, unknown>>;
  const names = Object.keys(record);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (!add(pairs, name, record[name])) return undefined;
  }
  return Object.getOwnPropertySymbols(headers).length === 0 ? pairs : undefined;
}

/**
 * What a `Headers` has; values without blanks at their edges, which it makes where it joins an empty one to another.
 */
export function pairsIn(headers: Headers): Header[] {
  const pairs: Header[] = [];
  for (const [name, value] of headers as unknown as Iterable<Header>) pairs.push([name, trimValue(value)]);
  return pairs;
}

/** True where a list has that name. */
export function hasPair(pairs: readonly Header[], name: string): boolean {
  for (let i = 0; i < pairs.length; i++) if ((pairs[i] as Header)[0] === name) return true;
  return false;
}

function add(pairs: Header[], name: unknown, value: unknown): boolean {
  const lower = lowerNames.get(name) ?? learn(name);
  if (lower === undefined || typeof value !== "string" || !isFieldValue(value)) return false;
  if (lower !== "set-cookie" && hasPair(pairs, lower)) return false;
  pairs.push(knownHeader(lower).headerOf(value));
  return true;
}

function learn(name: unknown): string | undefined {
  if (typeof name !== "string" || !isToken(name)) return undefined;
  const lower = name.toLowerCase();
  if (lowerNames.size < MOST_NAMES) lowerNames.set(name, lower);
  return lower;
}
