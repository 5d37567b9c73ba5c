/** CONTENT_LENGTH, strictly. */
import { ProtocolError } from "../errors.ts";

/**
 * CONTENT_LENGTH as a number of bytes; undefined when it is absent or empty (nginx sends "" for a
 * request without a body).
 *
 * Strict: decimal digits only, at most 2^53-1, else a ProtocolError (`UWSGI_BAD_CONTENT_LENGTH`).
 * Reading "3,3" or "+3" as 3, as other servers do, is how two readers of one request come to differ.
 */
export function parseContentLength(value: string | undefined): number | undefined {
  if (value === undefined || value === "") return undefined;
  const short = shortNumber(value);
  if (short >= 0) return short;
  const length = Number(value);
  if (!/^[0-9]+$/.test(value) || !Number.isSafeInteger(length)) {
    throw new ProtocolError(
      `CONTENT_LENGTH is ${JSON.stringify(value.slice(0, 80))}, allowed are digits for at most ${Number.MAX_SAFE_INTEGER}`,
      { code: "UWSGI_BAD_CONTENT_LENGTH" },
    );
  }
  return length;
}

/** A number of up to 15 digits, which is always safe; -1 for anything else. */
function shortNumber(value: string): number {
  if (value.length > 15) return -1;
  let number = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    number = number * 10 + digit;
  }
  return number;
}
