/** How long a server may take for each phase of a request. */
import { rangeError, typeError } from "../errors.ts";

/** Milliseconds; `Infinity` switches one off. */
export interface Timeouts {
  /** To connect, a TLS handshake included: `UWSGI_CONNECT_TIMEOUT`. Default 5 000. */
  readonly connectMs: number;
  /**
   * Without the server taking a byte of what waits to be sent: `UWSGI_SEND_TIMEOUT`. Default 60 000, as nginx. Watched
   * until the head of the response is there, and all the time behind a 101.
   */
  readonly sendMs: number;
  /**
   * From the last byte sent (or taken) to the whole head of the response: `UWSGI_RESPONSE_TIMEOUT`. Default 60 000, as
   * nginx's `uwsgi_read_timeout`.
   */
  readonly responseMs: number;
  /** Between two pieces of the response body, while somebody waits for one: `UWSGI_RESPONSE_BODY_TIMEOUT`. Default 60 000. */
  readonly bodyMs: number;
  /** For all of it, from the call to the last byte of the response: `UWSGI_TOTAL_TIMEOUT`. Default Infinity. */
  readonly totalMs: number;
}

export const defaultTimeouts: Timeouts = {
  connectMs: 5_000,
  sendMs: 60_000,
  responseMs: 60_000,
  bodyMs: 60_000,
  totalMs: Number.POSITIVE_INFINITY,
};

/**
 * `base` with those that are `given`. Throws a TypeError or RangeError (`UWSGI_INVALID_ARGUMENT`) for a name that is none, and
 * for what is no number above 0.
 */
export function withTimeouts(given: Partial<Timeouts> | undefined, base: Timeouts = defaultTimeouts): Timeouts {
  if (given === undefined) return base;
  const timeouts = { ...base };
  for (const [name, value] of Object.entries(given) as [keyof Timeouts, number | undefined][]) {
    if (!(name in defaultTimeouts)) {
      const known = Object.keys(defaultTimeouts).join(", ");
      throw typeError("UWSGI_INVALID_ARGUMENT", `timeouts.${name} is not known, there are ${known}`);
    }
    if (value === undefined) continue;
    checkMs(`timeouts.${name}`, value);
    timeouts[name] = value;
  }
  return timeouts;
}

/** Throws a RangeError (`UWSGI_INVALID_ARGUMENT`) for what is no number of milliseconds above 0; Infinity is one. */
export function checkMs(what: string, value: number): void {
  if (typeof value === "number" && value > 0) return;
  throw rangeError("UWSGI_INVALID_ARGUMENT", `${what} is ${String(value)}, allowed are milliseconds above 0`);
}

/** None of them. */
export const noTimeouts: Timeouts = {
  connectMs: Number.POSITIVE_INFINITY,
  sendMs: Number.POSITIVE_INFINITY,
  responseMs: Number.POSITIVE_INFINITY,
  bodyMs: Number.POSITIVE_INFINITY,
  totalMs: Number.POSITIVE_INFINITY,
};
