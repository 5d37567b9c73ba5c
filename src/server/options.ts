/** What can be set on a server, with defaults. */
import type { DecodeLimits } from "../codec/index.ts";
import type { ListenOptions } from "../connection/index.ts";
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
