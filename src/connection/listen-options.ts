/** What can be set for listening, what a listener asks and tells its owner, and what it is. */
import type { UwsgiError } from "../errors.ts";
import type { Address } from "./address.ts";

export interface ListenOptions {
  /**
   * Connections that wait to be accepted. Default 4 096: on a unix socket one more is a 502 at nginx. The
   * system may allow fewer (Linux: `net.core.somaxconn`, 4 096 unless set).
   */
  readonly backlog?: number;
  /** Mode of a unix socket. Default 0o660: owner and group may connect. */
  readonly mode?: number;
  /** Owner of a unix socket: a name or a number. Default: the user of the process. */
  readonly owner?: string | number;
  /** Group of a unix socket: a name or a number. Default: the group of the process. */
  readonly group?: string | number;
  /** Bind anew when the file of a unix socket is removed while it listens. Default false: it is only reported. */
  readonly recreate?: boolean;
  /**
   * Who may connect over TCP: addresses and networks such as `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`.
   * Everybody else is closed before a byte is read. Default: everybody, on addresses that only this machine can reach.
   */
  readonly allow?: readonly string[];
  /** Listen on a TCP address that other machines can reach; whoever reaches it is believed. Default false. */
  readonly insecure?: boolean;
  /**
   * `direct`: without `net.Socket`, by handles of Node that are not public, at a fraction of the cost; `net`: by
   * `net.Socket`. Default `auto`: `direct` where a test at the start finds that it works (Node 20 to 26) and the
   * environment's UISGE_TRANSPORT does not say otherwise, else `net`. TLS always goes by `net`.
   */
  readonly transport?: "auto" | "direct" | "net";
  /** Certificate and key for `suwsgi://` addresses. */
  readonly tls?: TlsOptions;
}

/** TLS for `suwsgi://` addresses (uWSGI's `suwsgi-socket`, nginx's `uwsgi_pass suwsgi://`). */
export interface TlsOptions {
  /** Certificate chain, PEM. */
  readonly cert: string | Uint8Array;
  /** Private key, PEM. */
  readonly key: string | Uint8Array;
  readonly passphrase?: string;
  /** Authorities, PEM: peers must show a certificate that one of them has signed. Default: no certificate is asked for. */
  readonly ca?: string | Uint8Array;
  /** OpenSSL's cipher list. Default Node's. */
  readonly ciphers?: string;
  /** Default `TLSv1.2`: Debian 12's nginx speaks nothing newer to upstreams unless told to. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
}

/** What a listener asks and tells its owner. */
export interface Listening extends ListenOptions {
  /** Most milliseconds for a TLS handshake. Default 5 000; `Infinity`: no limit. */
  readonly handshakeTimeoutMs?: number;
  /** Asked before each connection is taken: why not, or undefined. It is then closed at once. */
  readonly mayAccept?: () => UwsgiError | undefined;
  /** Told of each connection that was closed at once: not allowed, one too many, or a TLS handshake that failed. */
  readonly onRefused?: (peer: string, error: UwsgiError) => void;
  /** Told of what goes wrong while it listens, and when the path cannot be removed at the end. */
  readonly onError?: (error: Error) => void;
  /**
   * Told once when the file of the socket has been removed or replaced; once more, with `isRecreated`, when
   * binding anew succeeds only later.
   */
  readonly onLost?: (how: "removed" | "replaced", isRecreated: boolean) => void;
  /** Told why connections go by `net` although `auto` would rather have `direct`. */
  readonly onFallback?: (reason: string) => void;
  /** Told when a TLS handshake has ended, whichever way. */
  readonly onPendingEnd?: () => void;
}

export interface CloseOptions {
  /**
   * Accept first what is queued. Default true, except for inherited sockets: there others may go on to accept. At the
   * end of a service nobody does.
   */
  readonly behindQueue?: boolean;
}

export interface Listener {
  /** Where it listens; a TCP port 0 has become the real one, an inherited socket its address where that is known. */
  readonly address: Address;
  /** Connections in a TLS handshake, which are nobody's yet. */
  readonly pending: number;
  /**
   * Removes the unix socket, if the path still holds ours, and stops accepting. Resolves when what was queued
   * has been accepted: a connection in the queue is a request that somebody has sent. Connections live on.
   */
  close(options?: CloseOptions): Promise<void>;
  /** Stops accepting at once, and cuts the connections that are in a TLS handshake. */
  cut(): void;
  /** Cuts handshakes that go on for longer, the oldest first, `most` of them (default all); answers how many. */
  cutHandshakes(olderThanMs: number, most?: number): number;
}
