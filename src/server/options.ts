/** What can be set on a server, with defaults. */
import type { DecodeLimits } from "../codec/index.ts";
import type { ListenOptions } from "../connection/index.ts";
import { rangeError } from "../errors.ts";
import type { EnvironOptions } from "../environ/index.ts";
import type { Plugin } from "../handler/index.ts";

export interface ServerOptions extends DecodeLimits, ListenOptions {
  /** Who answers which modifier1. A packet of any other is refused. */
  readonly plugins: readonly Plugin[];
  /**
   * Milliseconds that `close` waits for running exchanges before it cuts them. Default 60 000, as
   * long as nginx waits for an answer (`uwsgi_read_timeout`).
   */
  readonly graceMs?: number;
}

export interface HttpOptions extends Pick<EnvironOptions, "duplicates" | "serverName" | "serverPort"> {}

/** How long a connection that was answered may linger until its peer closes: 30 s. */
export const LINGER_MS = 30_000;

/** Most bytes of an unread body that are thrown away behind the answer: 64 MiB. */
export const MAX_DRAIN_BYTES: number = 64 * 1024 * 1024;

export const DEFAULT_GRACE_MS = 60_000;

/** How long a closing server waits for the packet of a connection that has sent none. */
export const IDLE_GRACE_MS = 1_000;

/** Behind the cut of a closing server: how long handlers have to end before it counts as closed. */
export const AFTER_CUT_MS = 100;

/** Node's timers go no further; a longer grace, such as Infinity, has no end. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1 - AFTER_CUT_MS;

/** Throws a RangeError (`UWSGI_INVALID_ARGUMENT`) for a number that would switch a limit off or never fit. */
export function checkOptions({ maxDatasize, maxVars, graceMs, backlog, mode, plugins }: ServerOptions): void {
  checkRange("maxDatasize", maxDatasize, 0, 65_535);
  checkRange("maxVars", maxVars, 0, 65_535);
  checkRange("backlog", backlog, 1, 2 ** 31 - 1);
  checkRange("mode", mode, 0, 0o7777);
  if (graceMs !== Number.POSITIVE_INFINITY) checkRange("graceMs", graceMs, 0, Number.MAX_SAFE_INTEGER);
  for (const { name, modifier1 } of plugins) checkRange(`modifier1 of plugin ${name}`, modifier1, 0, 255);
}

function checkRange(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw rangeError(
    "UWSGI_INVALID_ARGUMENT",
    `${name} is ${String(value)}, allowed are whole numbers from ${least} to ${most}`,
  );
}
