/** One line for each request, in nginx's `combined` format or as JSON. */
import type { ExchangeEnd } from "../diagnostics.ts";
import { type Environ, remoteOf, targetOf } from "../environ/index.ts";
import { escapeField, formatJson } from "./escape.ts";
import { wireText } from "./wire-text.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

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
    `${remote} - ${typeof user === "string" && user !== "" ? escapeWord(user) : "-"} [${timeOf(now)}] ` +
    `"${request}" ${statusOf(message)} ${message.bodyBytes} ` +
    `"${field(environ["HTTP_REFERER"])}" "${field(environ["HTTP_USER_AGENT"])}"`
  );
}

/** As nginx: absent is a dash, a header that is there and empty is empty. */
function field(value: unknown): string {
  return typeof value === "string" ? escapeField(value) : "-";
}

/**
 * A JSON object: `time` (ISO 8601, UTC, with milliseconds), `request_id`, `remote_addr`, `remote_user`,
 * `method`, `target`, `protocol`, `host`, `status`, `body_bytes`, `duration_ms`, `ending`, `referer`,
 * `user_agent`. What is missing or empty is left out; `wireText` says how bytes become text.
 */
export function formatAccessJson(message: ExchangeEnd, now: Date): string {
  const environ = message.environ as Environ;
  return formatJson({
    time: now.toISOString(),
    request_id: wireText(message.requestId),
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
  });
}

/** Without an answer nginx's own: 499, the client closed; 444, we closed. */
function statusOf({ status, ending }: ExchangeEnd): number {
  return status || (ending === "peer-gone" ? 499 : 444);
}

/** A field that stands without quotes: a space would end it. */
function escapeWord(text: string): string {
  const escaped = escapeField(text);
  return escaped.includes(" ") ? escaped.replaceAll(" ", "\\x20") : escaped;
}

let second = Number.NaN;
let timeOfSecond = "";

/** As `formatTime`, which is asked once for each second. */
function timeOf(now: Date): string {
  const asked = Math.floor(now.getTime() / 1_000);
  if (asked !== second) {
    timeOfSecond = formatTime(now);
    second = asked;
  }
  return timeOfSecond;
}

/** `22/Nov/2026:12:39:38 +0000` in the time zone of the process. */
function formatTime(now: Date): string {
  const offset = -now.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const day = `${two(now.getDate())}/${MONTHS[now.getMonth()]}/${now.getFullYear()}`;
  return `${day}:${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())} ${zone}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
