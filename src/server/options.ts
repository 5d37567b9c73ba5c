/** What can be set on a server, with defaults. */
import type { DecodeLimits } from "../codec/index.ts";
import type { ConnectionLimits, ListenOptions } from "../connection/index.ts";
import { rangeError } from "../errors.ts";
import type { EnvironOptions } from "../environ/index.ts";
import type { Lifecycle, Plugin } from "../handler/index.ts";

export interface ServerOptions extends DecodeLimits, Partial<ConnectionLimits>, ListenOptions {
  /** Who answers which modifier1. A packet of any other is refused. */
  readonly plugins: readonly Plugin[];
  /**
   * Milliseconds that `close` waits for running exchanges before it cuts them. Default 60 000, as
   * long as nginx waits for an answer (`uwsgi_read_timeout`).
   */
  readonly graceMs?: number;
  /**
   * Most connections at a time. For one more another is closed that holds its place for nothing: for a second it
   * has sent no packet, or has not closed behind its answer. Where there is none, the new one is. Either is
   * reported. Default: what the limit of open
   * files leaves when a quarter of it, 64 at least, is kept for the application; never below 16.
   */
  readonly maxConnections?: number;
  /**
   * True: each request is an asynchronous context of its own, so that `blame` can tell which one an error belongs to
   * that nobody caught. Costs a few percent of a request on Node 24 and later, more on 20 and 22. Default false.
   */
  readonly attributesErrors?: boolean;
  /** Called while the server closes: `drain` and `stop`. `start` and `ready` are the caller's; `serve` calls them. */
  readonly lifecycle?: Lifecycle;
  /**
   * Called first when the server closes, and waited for: it still accepts. For telling whoever sends requests that no
   * more should come. Must not reject, and end soon.
   */
  readonly beforeClose?: () => Promise<void>;
  /** @internal Called before each packet is answered; must not throw. For `manager`, whose workers tell of work first. */
  readonly beforeAnswer?: (() => void) | undefined;
}

export interface HttpOptions extends Pick<
  EnvironOptions,
  "duplicates" | "serverName" | "serverPort" | "trustedHeaders"
> {
  /**
   * Most bytes of a request body; a longer one is answered with 413 and the application not called.
   * Default Infinity: the front end has a limit (nginx's `client_max_body_size` is 1 MB), and a body takes no
   * memory until it is read.
   */
  readonly maxBodyBytes?: number;
  /**
   * Most milliseconds for a request, from its packet to the last byte of its answer. Of one that takes longer the
   * signal fires (`UWSGI_HARAKIRI`); it is answered with 504, or broken off where its answer has begun, and what the
   * application still makes of it is not looked at. Up to half a second late, never early. Time in which the process
   * could not run does not count; a connection that was upgraded and work beside the answer have no such limit.
   * Default Infinity. Requests that came by no connection (CGI, `inject`) are not looked at.
   */
  readonly harakiriMs?: number;
}

export const DEFAULT_GRACE_MS = 60_000;

/** How often a closing server looks for connections that have sent nothing for a second. */
export const SILENT_STEP_MS = 250;

/** A TLS handshake takes a few round trips; a front end does not pause between them. */
export const STALE_HANDSHAKE_MS = 1_000;

/** Connections that are looked at for one that can go, each time that there are too many. */
export const MOST_LOOKS = 1_000;

/** Behind the cut of a closing server: how long handlers have to end before it counts as closed. */
export const AFTER_CUT_MS = 100;

/** Node's timers go no further; a longer grace, such as Infinity, has no end. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1 - AFTER_CUT_MS;

type NumericOption = "backlog" | "graceMs" | "maxConnections" | "mode" | keyof ConnectionLimits | keyof DecodeLimits;

/** Least and most that each number may be; `Infinity` switches those off that allow it. */
const ranges: readonly (readonly [name: NumericOption, least: number, most: number, mayBeOff: boolean])[] = [
  ["maxDatasize", 0, 65_535, false],
  ["maxVars", 0, 65_535, false],
  ["backlog", 1, 2 ** 31 - 1, false],
  ["mode", 0, 0o7777, false],
  ["maxConnections", 1, Number.MAX_SAFE_INTEGER, true],
  ["graceMs", 0, Number.MAX_SAFE_INTEGER, true],
  ["headerTimeoutMs", 1, Number.MAX_SAFE_INTEGER, true],
  ["bodyTimeoutMs", 1, Number.MAX_SAFE_INTEGER, true],
  ["writeTimeoutMs", 1, Number.MAX_SAFE_INTEGER, true],
  ["drainTimeoutMs", 1, Number.MAX_SAFE_INTEGER, true],
  ["maxDrainBytes", 0, Number.MAX_SAFE_INTEGER, true],
  ["minBodyRate", 0, Number.MAX_SAFE_INTEGER, false],
];

/** Throws a RangeError (`UWSGI_INVALID_ARGUMENT`) for a number that would never fit. */
export function checkOptions(options: ServerOptions): void {
  for (const [name, least, most, mayBeOff] of ranges) checkRange(name, options[name], least, most, mayBeOff);
  for (const { name, modifier1 } of options.plugins) checkRange(`modifier1 of plugin ${name}`, modifier1, 0, 255);
}

/** Throws a RangeError (`UWSGI_INVALID_ARGUMENT`) unless `value` is a whole number in the range, or undefined. */
export function checkRange(
  name: string,
  value: number | undefined,
  least: number,
  most: number,
  mayBeOff = false,
): void {
  if (value === undefined || (mayBeOff && value === Number.POSITIVE_INFINITY)) return;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw rangeError(
    "UWSGI_INVALID_ARGUMENT",
    `${name} is ${String(value)}, allowed are whole numbers from ${least} to ${most}${mayBeOff ? ", and Infinity" : ""}`,
  );
}

/** The options that are given: an `undefined` must not hide a default. */
export function given<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
