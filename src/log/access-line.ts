/** One line for each request: in nginx's `combined` format, or as the members of a structured line. */
import type { ExchangeEnd } from "../diagnostics.ts";
import { type Environ, remoteOf, targetOf } from "../environ/index.ts";
import { escapeField, escapeWord, formatJson } from "./escape.ts";
import { type LineOrigin, originOf } from "./line-origin.ts";
import { localTime, oncePerSecond } from "./log-time.ts";
import { traceIdOf } from "./trace-id.ts";
import { wireText } from "./wire-text.ts";

const timeOf = oncePerSecond(localTime);

/**
 * nginx's `combined`: `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent
 * "$http_referer" "$http_user_agent"`, escaped as nginx does, nothing behind it. Where nginx would write
 * the user's spaces as they are, they are `\x20`: they end the field for whoever reads it. `$request` is put
 * together from vars: an absolute target has lost its scheme and host on the way here.
 */
export function formatCombined(message: ExchangeEnd, now: Date): string {
  const environ = message.environ as Environ;
  const request =
    `${field(environ["REQUEST_METHOD"])} ${escapeField(targetOf(environ))} ` + field(environ["SERVER_PROTOCOL"]);
  const remote = escapeWord(remoteOf(environ).address ?? "unix:");
  const user = environ["REMOTE_USER"];
  return (
    `${remote} - ${typeof user === "string" && user !== "" ? escapeWord(user) : "-"} [${timeOf(now.getTime())}] ` +
    `"${request}" ${statusOf(message)} ${message.bodyBytes} ` +
    `"${field(environ["HTTP_REFERER"])}" "${field(environ["HTTP_USER_AGENT"])}"`
  );
}

/** As nginx: absent is a dash, a header that is there and empty is empty. */
function field(value: unknown): string {
  return typeof value === "string" ? escapeField(value) : "-";
}

/** What pino writes itself, and a JSON line has first. */
export interface LineHead {
  /** ISO 8601, UTC, with milliseconds. */
  readonly time?: string;
  readonly level?: string;
  readonly pid?: number;
  readonly worker?: number | undefined;
}

/** A JSON object; `docs/logs.md` has its members. What is missing or empty is left out. */
export function formatAccessJson(message: ExchangeEnd, now: Date, origin: LineOrigin = originOf(undefined)): string {
  const { pid, worker } = origin;
  return formatJson(accessMembers(message, { time: now.toISOString(), level: "info", pid, worker }));
}

/** The members of a structured line, undefined where there is nothing to say; `wireText` says how bytes become text. */
export function accessMembers(message: ExchangeEnd, head: LineHead): Readonly<Record<string, unknown>> {
  const environ = message.environ as Environ;
  return {
    time: head.time,
    level: head.level,
    event: "access",
    pid: head.pid,
    worker: head.worker,
    request_id: wireText(message.requestId),
    trace_id: traceIdOf(environ["HTTP_TRACEPARENT"]),
    remote_addr: wireText(remoteOf(environ).address),
    remote_user: wireText(environ["REMOTE_USER"]),
    method: wireText(environ["REQUEST_METHOD"]),
    target: wireText(targetOf(environ)),
    protocol: wireText(environ["SERVER_PROTOCOL"]),
    host: wireText(environ["HTTP_HOST"]),
    status: statusOf(message),
    body_bytes: message.bodyBytes,
    duration_ms: Math.round(message.durationMs * 1_000) / 1_000,
    ending: message.ending,
    referer: wireText(environ["HTTP_REFERER"]),
    user_agent: wireText(environ["HTTP_USER_AGENT"]),
  };
}

/** A sentence beside the members, for people: `GET /a 200`. Without the query, which the members have. */
export function accessSentence(message: ExchangeEnd): string {
  const environ = message.environ as Environ;
  const path = targetOf(environ).split(/[?#]/, 1)[0] ?? "";
  return `${field(environ["REQUEST_METHOD"])} ${escapeField(path)} ${statusOf(message)}`;
}

/** Without an answer nginx's own: 499, the client closed; 444, we closed. */
export function statusOf({ status, ending }: Pick<ExchangeEnd, "status" | "ending">): number {
  return status || (ending === "peer-gone" ? 499 : 444);
}
