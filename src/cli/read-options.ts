/** Values of options of commands, read strictly. All throw a TypeError (`UWSGI_INVALID_ARGUMENT`) that names the option. */
import { ProtocolError, typeError } from "../errors.ts";

/** A whole number; undefined where the option is not given. */
export function readWhole(
  option: string,
  text: string | undefined,
  least = 0,
  most: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  if (text === undefined) return undefined;
  const number = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  throw badOption(`${option} ${text}: a whole number ${range} is needed`);
}

/** Node's timers go no further. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Seconds, as milliseconds for a timer; a little time is never none. */
export function readSeconds(option: string, text: string | undefined): number | undefined {
  const number = readNumber(option, text, "a number of seconds");
  return number === undefined ? undefined : Math.min(Math.ceil(number * 1_000), MAX_TIMER_MS);
}

/** A number that is not negative. `what`: what is needed. */
export function readNumber(option: string, text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})$/.test(text)) return Number(text);
  throw badOption(`${option} ${text}: ${what} is needed, such as 2 or 0.5`);
}

/** The command line is wrong. `cause`: why, where the system says so. */
export function badOption(message: string, cause?: unknown): TypeError {
  const error = typeError("UWSGI_INVALID_ARGUMENT", message);
  return cause === undefined ? error : Object.assign(error, { cause });
}

/** The error for a capture or recording that is to be read, and cannot be. */
export function badInput(file: string, cause: unknown): ProtocolError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ProtocolError(`${file}: ${why}`, { code: "UWSGI_BAD_CAPTURE", cause });
}

/** The error for a file of an option that cannot be read, or written. */
export function badFile(file: string, cause: unknown): TypeError {
  return badOption(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
}
