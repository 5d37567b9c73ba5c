/** What is kept of one client, and the text that it is kept as. Pure. */

export interface SessionRecord {
  /** Seconds since 1970: when it began, or was given another identity. */
  began: number;
  /** Seconds since 1970: when it was last known to be in use, as exactly as renewals are apart. */
  touched: number;
  readonly values: Map<string, unknown>;
  readonly flashes: Map<string, unknown[]>;
}

export function newRecord(now: number): SessionRecord {
  return { began: now, touched: now, values: new Map(), flashes: new Map() };
}

export function isEmpty({ values, flashes }: SessionRecord): boolean {
  return values.size === 0 && flashes.size === 0;
}

/** The record as text; names are short, for it may have to fit a cookie. */
export function encodeRecord({ began, touched, values, flashes }: SessionRecord): string {
  // `fromEntries` makes a member of every key, `__proto__` too.
  return JSON.stringify({
    b: began,
    t: touched,
    ...(values.size === 0 ? {} : { v: Object.fromEntries(values) }),
    ...(flashes.size === 0 ? {} : { f: Object.fromEntries(flashes) }),
  });
}

/** The record that the text is, undefined where it is none. */
export function decodeRecord(text: string): SessionRecord | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    // Of another program, or of another version.
    return undefined;
  }
  if (!isMembers(read)) return undefined;
  const { b: began, t: touched, v: values = {}, f: flashes = {} } = read;
  if (!isSeconds(began) || !isSeconds(touched) || !isMembers(values) || !isMembers(flashes)) return undefined;
  const lists = Object.entries(flashes);
  if (!lists.every((entry): entry is [string, unknown[]] => Array.isArray(entry[1]))) return undefined;
  return { began, touched, values: new Map(Object.entries(values)), flashes: new Map(lists) };
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
