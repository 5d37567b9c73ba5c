/** One record of the error log and its formats; all are one line, whatever the record holds. */
import { type DescribedError, describeError } from "./describe-error.ts";
import { escapeField, escapeLine, formatJson } from "./escape.ts";
import { type LineOrigin, originOf } from "./line-origin.ts";
import { wireText } from "./wire-text.ts";

export interface LogRecord {
  /** `error`: something failed; `warn`: somebody should look; `info`: said by the application or on its behalf. */
  readonly level: "error" | "warn" | "info";
  /** Name of the topic without `uisge:`, such as `exchange:error`. */
  readonly event: string;
  readonly requestId?: string;
  /** Well-formed: see `traceIdOf`. */
  readonly traceId?: string | undefined;
  /** A sentence; what it quotes from outside is escaped already. */
  readonly text: string;
  /** What was thrown; stands behind the sentence. */
  readonly thrown?: { readonly error: unknown };
  /** Members for structured lines alone: strings are bytes of the wire. The sentence has them too. */
  readonly members?: Readonly<Record<string, string | number | undefined>>;
}

/**
 * Text: `TIME LEVEL [REQUEST ID] SENTENCE: ERROR | at ... | caused by ... (12 more held back)`. JSON: the members that
 * `docs/logs.md` lists; `message` is the sentence with the first line of the error, `stack` has its other lines. What is
 * missing is left out.
 *
 * `heldBack`: how many records like it a rate limit has kept from the log since the last one.
 */
export function formatRecord(
  record: LogRecord,
  format: "text" | "json",
  now: Date,
  heldBack = 0,
  origin: LineOrigin = originOf(undefined),
): string {
  const error = describeThrown(record);
  return format === "json" ? asJson(record, error, now, heldBack, origin) : asText(record, error, now, heldBack);
}

/** What was thrown, described; undefined where nothing was. */
export function describeThrown({ thrown }: LogRecord): DescribedError | undefined {
  return thrown === undefined ? undefined : describeError(thrown.error);
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

function asJson(
  record: LogRecord,
  error: DescribedError | undefined,
  now: Date,
  heldBack: number,
  { pid, worker }: LineOrigin,
): string {
  return formatJson({
    time: now.toISOString(),
    level: record.level,
    event: record.event,
    pid,
    worker,
    ...recordMembers(record, error),
    message: sentenceOf(record, error),
    stack: error === undefined || error.more.length === 0 ? undefined : error.more.join("\n"),
    held_back: heldBack === 0 ? undefined : heldBack,
  });
}

/** What a structured line says of a record, beside when, where, how bad, and the sentence. */
export function recordMembers(
  { requestId, traceId, members = {} }: LogRecord,
  error: DescribedError | undefined,
): Readonly<Record<string, string | number | undefined>> {
  const read: Record<string, string | number | undefined> = {
    request_id: wireText(requestId),
    trace_id: traceId,
    code: error?.code,
  };
  for (const [name, value] of Object.entries(members)) {
    read[name] = typeof value === "string" ? wireText(value) : value;
  }
  return read;
}

/** The sentence with the first line of the error. */
export function sentenceOf({ text }: LogRecord, error: DescribedError | undefined): string {
  return error === undefined ? text : `${text}: ${error.message}`;
}

/** A record of what is said in our own words, such as that the server listens. */
export function plainRecord(level: LogRecord["level"], event: string, text: string): LogRecord {
  return { level, event, text: escapeLine(text) };
}
