/** The trace that a request belongs to, of the header that tracing tools pass on. */

/** Version, trace-id, parent-id and flags, in lower case; only a later version may have more behind them. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/**
 * The trace-id of HTTP_TRACEPARENT, 32 hexadecimal digits; undefined for one that is not well-formed, and for two of
 * them. See https://www.w3.org/TR/trace-context/#traceparent-header, of which version 00 is known and later ones are read
 * as it says in "Versioning of traceparent".
 */
export function traceIdOf(traceparent: unknown): string | undefined {
  if (typeof traceparent !== "string") return undefined;
  const match = TRACEPARENT.exec(traceparent);
  if (match === null || (match[1] === "00" && match[3] !== undefined)) return undefined;
  return match[2];
}
