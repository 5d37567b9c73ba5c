/** What may be a name, and how it stands in an environ. Pure. */

/** Longer names are nobody's: they would only fill tables. In characters. */
const MOST_NAME = 256;

/** True for a name that can be shown, logged and sent on: not empty, not too long, without control characters. */
export function isName(value: unknown): value is string {
  // eslint-disable-next-line no-control-regex -- They are what is looked for.
  return typeof value === "string" && value !== "" && value.length <= MOST_NAME && !/[\0-\x1f\x7f-\x9f]/.test(value);
}

/** True for ASCII, where all encodings are the same. */
function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- All of ASCII.
  return /^[\0-\x7f]*$/.test(text);
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of bytes that are UTF-8, undefined for others: two names must not become one by repair. */
export function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    // Bytes that are no UTF-8: what is asked here.
    return undefined;
  }
}

/** The same for a string of an environ. */
export function textOf(latin1: string): string | undefined {
  return isAscii(latin1) ? latin1 : utf8Of(Buffer.from(latin1, "latin1"));
}
