/** What an application may want to know of the server's life. */

/**
 * Hooks of an application: exported by its module under these names, or given in options. Each may be
 * async and is waited for.
 */
export interface Lifecycle {
  /** Before anything listens: connect to databases, fill caches. A failure ends the start. */
  start?(): void | Promise<void>;
  /** It listens on `addresses`; requests may be running already. A failure closes the server. */
  ready?(addresses: readonly string[]): void | Promise<void>;
  /**
   * The server stops accepting; running requests go on. For long-lived answers (event streams), which
   * should end now. Runs beside the requests.
   */
  drain?(): void | Promise<void>;
  /** The last request has ended: close databases, flush queues. Also after a failed `ready`. */
  stop?(): void | Promise<void>;
}
