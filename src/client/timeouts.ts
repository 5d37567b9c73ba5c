/** How long a server may take for each phase of a request. */

/** Milliseconds; `Infinity` switches one off. */
export interface Timeouts {
  /** To connect, a TLS handshake included: `UWSGI_CONNECT_TIMEOUT`. Default 5 000. */
  readonly connectMs: number;
  /** Without the server taking a byte of what waits to be sent: `UWSGI_SEND_TIMEOUT`. Default 60 000, as nginx. */
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
