/** One record of the error log and its two formats; both are one line, whatever the record holds. */
import { type DescribedError, describeError } from "./describe-error.ts";
import { escapeField, escapeLine, formatJson } from "./escape.ts";
import { wireText } from "./wire-text.ts";

/** How the lines of an error log look. */
export type ErrorFormat = "text" | "json";

export interface LogRecord {
  /** `error`: something failed; `warn`: somebody should look; `info`: said by the application or on its behalf. */
  readonly level: "error" | "warn" | "info";
  /** Name of the topic without `uisge:`, such as `exchange:error`. */
  readonly event: string;
  readonly requestId?: string;
  /** A sentence; what it quotes from outside is escaped already. */
  readonly text: string;
  /** What was thrown; stands behind the sentence. */
  readonly thrown?: { readonly error: unknown };
  /** Members for JSON alone: strings are bytes of the wire. The sentence has them too. */
  readonly members?: Readonly<Record<string, string | number | undefined>>;
}

/**
 * Text: `TIME LEVEL [REQUEST ID] SENTENCE: ERROR | at ... | caused by ... (12 more held back)`. JSON: `time`,
 * `level`, `event`, `request_id`, the members of the record, `code`, `message` (the sentence with the
 * first line of the error), `stack` (its other lines), `held_back`; what is missing is left out.
 *
 * `heldBack`: how many records like it a rate limit has kept from the log since the last one.
 */
export function formatRecord(record: LogRecord, format: ErrorFormat, now: Date, heldBack = 0): string {
  const error = record.thrown === undefined ? undefined : describeError(record.thrown.error);
  return format === "json" ? asJson(record, error, now, heldBack) : asText(record, error, now, heldBack);
}

function asText(
  { level, requestId, text }: LogRecord,
  error: DescribedError | undefined,
  now: Date,
  heldBack: number,
): string {
  const id = requestId === undefined ? "" : ` [${escapeField(requestId)}]`;
  const thrown = error === undefined ? "" : `: ${[error.message, ...error.more].join(" | ")}`;
  const held = heldBack === 0 ? "" : ` (${heldBack} more held back)`;
  return `${now.toISOString()} ${level}${id} ${text}${thrown}${held}`;
}

function asJson(record: LogRecord, error: DescribedError | undefined, now: Date, heldBack: number): string {
  const { level, event, requestId, text, members = {} } = record;
  const read = Object.entries(members).map(([name, value]) => [
    name,
    typeof value === "string" ? wireText(value) : value,
  ]);
  return formatJson({
    time: now.toISOString(),
    level,
    event,
    request_id: wireText(requestId),
    code: error?.code,
    ...(Object.fromEntries(read) as Record<string, unknown>),
    message: error === undefined ? text : `${text}: ${error.message}`,
    stack: error === undefined || error.more.length === 0 ? undefined : error.more.join("\n"),
    held_back: heldBack === 0 ? undefined : heldBack,
  });
}

/** A record of what is said in our own words, such as that the server listens. */
export function plainRecord(level: LogRecord["level"], event: string, text: string): LogRecord {
  return { level, event, text: escapeLine(text) };
}
