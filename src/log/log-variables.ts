/** The variables of log formats: uWSGI's, under its names, and some of our own. One row a variable. */
import type { ExchangeEnd } from "../diagnostics.ts";
import { type Environ, remoteOf, targetOf } from "../environ/index.ts";
import { typeError } from "../errors.ts";
import { nearestName } from "../nearest-name.ts";
import { statusOf } from "./access-line.ts";
import { escapeLine } from "./escape.ts";
import type { LineOrigin } from "./line-origin.ts";
import { ctime, localTime, oncePerSecond } from "./log-time.ts";
import { residentBytes } from "./resident-bytes.ts";
import { traceIdOf } from "./trace-id.ts";

/** Writes the value for one request. `now`: when its answer ended. */
export type VariableWriter = (message: ExchangeEnd, now: Date) => string;

/** Makes the writer for one place in a template. `escape`: for what comes from outside. */
type Variable = (escape: (text: string) => string, origin: LineOrigin) => VariableWriter;

/** As uWSGI: what is absent or empty is a dash. */
const ABSENT = "-";

const variables: ReadonlyMap<string, Variable> = new Map<string, Variable>([
  // The request.
  [
    "uri",
    (escape) =>
      ({ environ }) =>
        escape(targetOf(environ as Environ)),
  ],
  ["method", envVar("REQUEST_METHOD")],
  ["user", envVar("REMOTE_USER")],
  [
    "addr",
    (escape) =>
      ({ environ }) =>
        escape(remoteOf(environ as Environ).address ?? "unix:"),
  ],
  ["host", envVar("HTTP_HOST")],
  ["proto", envVar("SERVER_PROTOCOL")],
  ["uagent", envVar("HTTP_USER_AGENT")],
  ["referer", envVar("HTTP_REFERER")],
  ["cl", () => contentLength],
  ["vars", ofPacket((packet) => packet.vars.size)],
  ["pktsize", ofPacket((packet) => packet.datasize)],
  ["modifier1", ofPacket((packet) => packet.modifier1)],
  ["modifier2", ofPacket((packet) => packet.modifier2)],
  // The answer.
  ["status", () => (message) => String(statusOf(message))],
  [
    "rsize",
    () =>
      ({ bodyBytes }) =>
        String(bodyBytes),
  ],
  [
    "hsize",
    () =>
      ({ headBytes }) =>
        headBytes === undefined ? ABSENT : String(headBytes),
  ],
  [
    "size",
    () =>
      ({ headBytes = 0, bodyBytes }) =>
        String(headBytes + bodyBytes),
  ],
  // When it began.
  ["time", () => (message, now) => String(Math.floor(startOf(message, now) / 1_000))],
  ["tmsecs", () => (message, now) => String(Math.floor(startOf(message, now)))],
  ["tmicros", () => (message, now) => String(Math.floor(startOf(message, now) * 1_000))],
  ["ltime", startTime(localTime)],
  // uWSGI's own answer where log-format-strftime is not set.
  ["ftime", startTime(localTime)],
  ["ctime", startTime(ctime)],
  // When it ended, and how long it took.
  ["epoch", () => (_, now) => String(Math.floor(now.getTime() / 1_000))],
  [
    "micros",
    () =>
      ({ durationMs }) =>
        String(Math.floor(durationMs * 1_000)),
  ],
  [
    "msecs",
    () =>
      ({ durationMs }) =>
        String(Math.floor(durationMs)),
  ],
  [
    "secs",
    () =>
      ({ durationMs }) =>
        (durationMs / 1_000).toFixed(6),
  ],
  // The process. It has one core, which is never switched.
  ["pid", constant(({ pid }) => pid)],
  ["wid", constant(({ worker }) => worker)],
  ["core", constant(() => 0)],
  ["switches", constant(() => 0)],
  ["rss", () => (_, now) => String(residentBytes(now.getTime()))],
  ["rssM", () => (_, now) => String(Math.floor(residentBytes(now.getTime()) / 1_048_576))],
  // Not uWSGI's.
  [
    "request_id",
    (escape) =>
      ({ requestId }) =>
        requestId === "" ? ABSENT : escape(requestId),
  ],
  [
    "trace_id",
    () =>
      ({ environ }) =>
        traceIdOf(environ["HTTP_TRACEPARENT"]) ?? ABSENT,
  ],
  [
    "ending",
    () =>
      ({ ending }) =>
        ending,
  ],
]);

/** What uWSGI has, and why it is not here. */
const refused: ReadonlyMap<string, string> = new Map([
  ["headers", "the headers of an answer are not counted: %(hsize) is their size"],
  ["rerr", "such errors are not counted: %(ending) says how the answer ended"],
  ["werr", "such errors are not counted: %(ending) says how the answer ended"],
  ["ioerr", "such errors are not counted: %(ending) says how the answer ended"],
  ["vsz", "Node.js reserves far more memory than it uses: %(rss) is what it uses"],
  ["vszM", "Node.js reserves far more memory than it uses: %(rssM) is what it uses"],
]);

/** The names of all variables; `var.NAME` comes beside them. */
export const variableNames: readonly string[] = [...variables.keys()];

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for a variable that there is not. */
export function variableOf(name: string, escape: (text: string) => string, origin: LineOrigin): VariableWriter {
  const variable = variables.get(name) ?? (name.startsWith("var.") ? envVar(name.slice(4)) : undefined);
  if (variable !== undefined) return variable(escape, origin);
  throw typeError("UWSGI_INVALID_ARGUMENT", `log format: %(${escapeLine(name)}): ${whyNot(name)}`);
}

function whyNot(name: string): string {
  if (name.startsWith("metric.")) return "uWSGI's metrics are not kept here";
  const reason = refused.get(name);
  if (reason !== undefined) return reason;
  const nearest = nearestName(name, variableNames);
  const meant = nearest === undefined ? "" : ` Did you mean %(${nearest})?`;
  return (
    `there is no such variable.${meant} There are ${variableNames.join(", ")}, and var.NAME for what is in the environ, ` +
    "which is where an application puts what uWSGI calls log variables"
  );
}

/** Of the environ as the application left it: whoever wants to log something of its own puts it there. */
function envVar(name: string): Variable {
  return (escape) =>
    ({ environ }) => {
      const value = environ[name];
      if (typeof value === "string") return value === "" ? ABSENT : escape(value);
      return typeof value === "number" || typeof value === "boolean" ? String(value) : ABSENT;
    };
}

/** As uWSGI: a request without a body has 0 bytes of it. */
function contentLength({ environ }: ExchangeEnd): string {
  const length = environ["CONTENT_LENGTH"];
  return typeof length === "string" && /^[0-9]{1,20}$/.test(length) ? length : "0";
}

/** A bridge has a request of HTTP, and no packet. */
function ofPacket(read: (packet: NonNullable<ExchangeEnd["packet"]>) => number): Variable {
  return () =>
    ({ packet }) =>
      packet === undefined ? ABSENT : String(read(packet));
}

function constant(read: (origin: LineOrigin) => number | undefined): Variable {
  return (_, origin) => {
    const text = String(read(origin) ?? ABSENT);
    return () => text;
  };
}

function startTime(format: (time: Date) => string): Variable {
  return () => {
    const timeOf = oncePerSecond(format);
    return (message, now) => timeOf(startOf(message, now));
  };
}

/** Milliseconds since the epoch at which the whole packet was there. */
function startOf({ durationMs }: ExchangeEnd, now: Date): number {
  return now.getTime() - durationMs;
}
