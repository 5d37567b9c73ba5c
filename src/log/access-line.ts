/** One line for each request, in nginx's `combined` format with the time it took behind it. */
import type { ExchangeEnd } from "../diagnostics.ts";
import { type Environ, remoteOf, targetOf } from "../environ/index.ts";
import { escapeField } from "./escape.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/**
 * `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"
 * "$http_user_agent" $request_time`, the time in seconds. A status of 0 (no answer) is written 499, as
 * nginx does for a client that went away.
 */
export function formatAccess(message: ExchangeEnd, now: Date): string {
  const environ = message.environ as Environ;
  const field = (name: string): string => {
    const value = environ[name];
    return typeof value === "string" && value !== "" ? escapeField(value) : "-";
  };
  const request = `${field("REQUEST_METHOD")} ${escapeField(targetOf(environ))} ${field("SERVER_PROTOCOL")}`;
  const remote = escapeField(remoteOf(environ).address ?? "unix:");
  const broken = message.ending === "complete" ? "" : " broken";
  return (
    `${remote} - ${field("REMOTE_USER")} [${formatTime(now)}] "${request}" ${message.status || 499} ` +
    `${message.bodyBytes} "${field("HTTP_REFERER")}" "${field("HTTP_USER_AGENT")}" ` +
    `${(message.durationMs / 1_000).toFixed(3)}${broken}`
  );
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
