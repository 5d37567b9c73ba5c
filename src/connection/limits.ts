/** How long a peer may take for each phase of a connection, and how much it may send for nothing. */

/**
 * Times are monotonic, looked at four times a second: what is due ends up to half a second late, never early.
 * `Infinity` switches one off.
 */
export interface ConnectionLimits {
  /**
   * From the first moment of the connection to the last byte of the packet, however the bytes drip; a TLS
   * handshake before it may take as long again. Default 5 000; a front end sends it at once.
   */
  readonly headerTimeoutMs: number;
  /** Without a byte of the body while the application waits for one. Default 30 000. */
  readonly bodyTimeoutMs: number;
  /**
   * Bytes a second that a body must bring on average, once the application has waited 60 s for it.
   * Default 1 024; 0: any. Against peers that send a byte now and then.
   */
  readonly minBodyRate: number;
  /** Without progress while an answer waits to be taken. Default 60 000, as nginx's `send_timeout`. */
  readonly writeTimeoutMs: number;
  /** How long a connection that was answered lingers until its peer closes. Default 30 000, as nginx's `lingering_time`. */
  readonly drainTimeoutMs: number;
  /** Most bytes of an unread body that are thrown away behind the answer. Default 64 MiB. */
  readonly maxDrainBytes: number;
}

export const defaultLimits: ConnectionLimits = {
  headerTimeoutMs: 5_000,
  bodyTimeoutMs: 30_000,
  minBodyRate: 1_024,
  writeTimeoutMs: 60_000,
  drainTimeoutMs: 30_000,
  maxDrainBytes: 64 * 1024 * 1024,
};
