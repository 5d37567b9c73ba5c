/**
 * From an accepted socket to one that speaks TLS.
 *
 * The sockets are handed to a `tls.Server` that listens nowhere: tickets, resumption and the check of client
 * certificates are Node's. Nothing is read from or written to a socket before (CVE-2026-1642 of nginx was that).
 */
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { errorCode, typeError } from "../errors.ts";
import type { Listening, TlsOptions } from "./listen-options.ts";
import { NetTransport, peerOf } from "./net-transport.ts";
import { handshakeFailure } from "./tls-failure.ts";
import type { Transport } from "./transport.ts";

const DEFAULT_HANDSHAKE_MS = 5_000;

/** Node's timers go no further. */
const LONGEST_MS: number = 2 ** 31 - 1;

interface Handshake {
  /** As `NetTransport` takes it. */
  readonly name: string;
  readonly peer: string;
  readonly timer: NodeJS.Timeout;
  /** Milliseconds of the monotonic clock. */
  readonly since: number;
}

export class TlsAcceptor {
  private readonly server: Server;
  private readonly accept: (transport: Transport) => void;
  private readonly owner: Listening;
  /** By the socket beneath. */
  private readonly handshakes = new Map<Socket, Handshake>();

  /** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for a certificate, key or other option that OpenSSL does not take. */
  constructor(tls: TlsOptions, accept: (transport: Transport) => void, owner: Listening) {
    this.server = makeServer(tls);
    this.accept = accept;
    this.owner = owner;
    this.server.on("secureConnection", (socket) => this.finish(socket));
    this.server.on("tlsClientError", (error, socket) => this.fail(carrierOf(socket), error, socket));
  }

  /** Sockets whose handshake goes on. */
  get pending(): number {
    return this.handshakes.size;
  }

  take(carrier: Socket, name: string): void {
    const { handshakeTimeoutMs: mostMs = DEFAULT_HANDSHAKE_MS } = this.owner;
    const failAs = (code: string, why: string): void => {
      if (this.handshakes.has(carrier)) this.fail(carrier, Object.assign(new Error(why), { code }));
    };
    const timer = setTimeout(failAs, Math.min(mostMs, LONGEST_MS), "ETIMEDOUT", `no handshake within ${mostMs} ms`);
    this.handshakes.set(carrier, { name, peer: peerOf(carrier, name), timer, since: performance.now() });
    // Behind what the TLS socket reports, which says more.
    carrier.once("close", () => setImmediate(failAs, "ECONNRESET", "closed"));
    // It goes on to the TLS socket, whose own error says it; unheard here, it would end the process.
    carrier.on("error", () => {});
    // A peer that closes in the middle of a handshake is gone: nothing half-open is kept until the deadline.
    carrier.allowHalfOpen = false;
    this.server.emit("connection", carrier);
  }

  /** As `Listener.cutHandshakes`. */
  cut(olderThanMs = 0, most: number = Number.POSITIVE_INFINITY): number {
    const cut: Socket[] = [];
    const since = performance.now() - olderThanMs;
    // In the order of their beginning.
    for (const [carrier, handshake] of this.handshakes) {
      if (handshake.since > since || cut.length === most) break;
      cut.push(carrier);
    }
    for (const carrier of cut) this.forget(carrier);
    for (const carrier of cut) carrier.destroy();
    if (cut.length > 0) this.owner.onPendingEnd?.();
    return cut.length;
  }

  private finish(socket: TLSSocket): void {
    const carrier = carrierOf(socket);
    const handshake = this.forget(carrier);
    if (handshake === undefined) {
      socket.destroy();
      return;
    }
    socket.allowHalfOpen = true;
    this.accept(new NetTransport(socket, handshake.name, carrier));
    this.owner.onPendingEnd?.();
  }

  private fail(carrier: Socket, cause: Error, socket?: TLSSocket): void {
    const handshake = this.forget(carrier);
    if (handshake === undefined) return;
    carrier.destroy();
    this.owner.onRefused?.(handshake.peer, handshakeFailure(cause, socket));
    this.owner.onPendingEnd?.();
  }

  private forget(carrier: Socket): Handshake | undefined {
    const handshake = this.handshakes.get(carrier);
    clearTimeout(handshake?.timer);
    this.handshakes.delete(carrier);
    return handshake;
  }
}

function makeServer({ ca, minVersion = "TLSv1.2", ...given }: TlsOptions): Server {
  try {
    // Node's types want Buffers where any bytes do.
    const { cert, key, ...rest } = given as { cert: Buffer; key: Buffer; ciphers?: string; passphrase?: string };
    if (cert === undefined || key === undefined) throw new Error("cert and key are needed");
    return createServer({
      ...rest,
      cert,
      key,
      minVersion,
      // Node takes the names of programs for it otherwise; with client certificates OpenSSL insists on one.
      sessionIdContext: "uisge",
      // Ours is the deadline: Node's begins anew whenever something comes.
      handshakeTimeout: LONGEST_MS,
      ...(ca === undefined ? {} : { ca: ca as Buffer, requestCert: true, rejectUnauthorized: true }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const code = errorCode(error);
    throw Object.assign(
      typeError("UWSGI_INVALID_ARGUMENT", `tls: certificate, key and options do not fit: ${reason}`),
      code === undefined ? {} : { cause: error },
    );
  }
}

/** The socket beneath a TLS socket that a server made. Node's own timers walk this property, since 2014. */
function carrierOf(socket: TLSSocket): Socket {
  return (socket as TLSSocket & { readonly _parent: Socket })["_parent"];
}
