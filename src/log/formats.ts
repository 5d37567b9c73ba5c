/** The formats that a log may have, by name, and the functions that make lines in them. */
import type { ExchangeEnd } from "../diagnostics.ts";
import { typeError } from "../errors.ts";
import { formatAccessJson, formatCombined } from "./access-line.ts";
import { escapeLine } from "./escape.ts";
import type { LineOrigin } from "./line-origin.ts";
import { compileLogFormat, isLogFormat, type LogFormat } from "./log-format.ts";
import { checkPino, PinoLines } from "./pino-lines.ts";
import { formatRecord, type LogRecord } from "./record.ts";

/**
 * How the lines of an error log look. `text`, for people; `json`: an object on each line; `pino`: the same, written by
 * pino, which is to be installed.
 */
export type ErrorFormat = "text" | "json" | "pino";

/**
 * How the lines of an access log look. `combined`, which is nginx's and what log tools read; `json`: an object on each
 * line; `pino`: the same, written by pino, which is to be installed; or a template with uWSGI's variables.
 */
export type AccessFormat = "combined" | "json" | "pino" | LogFormat;

export type RecordFormatter = (record: LogRecord, now: Date, heldBack: number) => string;
export type AccessFormatter = (message: ExchangeEnd, now: Date) => string;

/** Throws a UwsgiError (`UWSGI_PACKAGE_MISSING`) where pino is needed and not installed. */
export function recordFormatter(format: ErrorFormat, origin: LineOrigin): RecordFormatter {
  if (format !== "pino") return (record, now, heldBack) => formatRecord(record, format, now, heldBack, origin);
  const lines = new PinoLines(origin);
  return (record, now, heldBack) => lines.record(record, now, heldBack);
}

/** Throws as `checkAccessFormat`. */
export function accessFormatter(format: AccessFormat, origin: LineOrigin): AccessFormatter {
  switch (format) {
    case "combined":
      return formatCombined;
    case "json":
      return (message, now) => formatAccessJson(message, now, origin);
    case "pino": {
      const lines = new PinoLines(origin);
      return (message, now) => lines.access(message, now);
    }
    default:
      return compileLogFormat(format, origin);
  }
}

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for a format that there is not, a UwsgiError (`UWSGI_PACKAGE_MISSING`). */
export function checkErrorFormat(format: unknown): void {
  if (format === "text" || format === "json") return;
  if (format === "pino") {
    checkPino();
    return;
  }
  throw typeError("UWSGI_INVALID_ARGUMENT", `log.errorFormat is ${show(format)}, there are text and json, and pino`);
}

/**
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for a format that there is not and for a template with an unknown
 * variable, a UwsgiError (`UWSGI_PACKAGE_MISSING`) where pino is needed and not installed.
 */
export function checkAccessFormat(format: unknown): void {
  if (format === "combined" || format === "json") return;
  if (format === "pino") {
    checkPino();
  } else if (typeof format === "string" && isLogFormat(format)) {
    compileLogFormat(format, { pid: 0, worker: undefined });
  } else {
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      `log.accessFormat is ${show(format)}, there are templates with %(variables), pino, combined and json`,
    );
  }
}

function show(format: unknown): string {
  return typeof format === "string" ? escapeLine(format) : typeof format;
}
