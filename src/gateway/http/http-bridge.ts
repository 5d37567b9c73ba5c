/// <reference lib="esnext.disposable" preserve="true" />
/**
 * HTTP in, uwsgi out: lets browsers and HTTP clients talk to a uwsgi socket where there is no nginx.
 *
 *     listener -> [TLS] -> connections -> HTTP/1 parser or HTTP/2 session -> exchange -> whoever sends (`to`)
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from "node:tls";
import { type Address, type Bound, listenSockets } from "../../connection/index.ts";
import { acceptFailed, socketLost } from "../../diagnostics.ts";
import { ConnectionError, errorCode, LimitError } from "../../errors.ts";
import { type BridgeOptions, type BridgeSettings, type BridgeTls, readBridgeOptions } from "./bridge-options.ts";
import { ClientConnections } from "./client-connections.ts";
import { reportConnection } from "./exchange-report.ts";
import { plainAddress } from "./forwarded.ts";
import { formatHttpAddress, type HttpAddress } from "./http-address.ts";
import { refuseSlowHead, serveHttp1 } from "./http1-requests.ts";
import { Http2Sessions } from "./http2-requests.ts";
import type { Origin } from "./request-vars.ts";

/** Where a bridge listens. */
export interface HttpListener {
  /** A TCP port 0 has become the real one. */
  readonly address: Address;
  readonly isTls: boolean;
  /** `http://127.0.0.1:8080`; for what is no TCP address a few words. */
  readonly url: string;
}

/** A running bridge. */
export class HttpBridge implements AsyncDisposable {
  private readonly settings: BridgeSettings;
  private readonly options: BridgeOptions;
  private readonly connections: ClientConnections;
  private readonly http1: Server;
  private readonly http2: Http2Sessions;
  private readonly tls: TlsServer | undefined;
  private readonly bound: (Bound & { readonly isTls: boolean })[] = [];
  private isClosing = false;
  private closing: Promise<void> | undefined;

  private constructor(options: BridgeOptions) {
    const settings = (this.settings = readBridgeOptions(options));
    this.options = options;
    // oxlint-disable-next-line no-this-alias, typescript/no-this-alias -- read when it is asked for
    const bridge = this;
    const front = {
      settings,
      identity: this,
      connections: (this.connections = new ClientConnections(settings, (connection) => {
        if (connection.session === undefined) refuseSlowHead(front, connection);
      })),
      get isClosing() {
        return bridge.isClosing;
      },
    };
    this.http1 = serveHttp1(front);
    this.http2 = new Http2Sessions(front);
    this.tls = options.tls === undefined ? undefined : this.serveTls(options.tls);
  }

  /**
   * Listens; resolves when it does on all addresses. Rejects with a ConnectionError (`UWSGI_LISTEN_FAILED`,
   * `UWSGI_ADDRESS_IN_USE`), or with a TypeError or RangeError for options that cannot be right
   * (`UWSGI_INVALID_ARGUMENT`, `UWSGI_INVALID_ADDRESS`).
   */
  static async listen(options: BridgeOptions): Promise<HttpBridge> {
    const bridge = new HttpBridge(options);
    try {
      for (const address of bridge.settings.addresses) await bridge.bind(address);
    } catch (error) {
      await bridge.close();
      throw error;
    }
    return bridge;
  }

  /** Where it listens, in the order of the options. */
  get listeners(): readonly HttpListener[] {
    return this.bound.map(({ address, isTls }) => ({ address, isTls, url: formatHttpAddress(address, isTls) }));
  }

  /** Its first TCP port, 0 when it has none. */
  get port(): number {
    for (const { address } of this.bound) if (address.kind === "tcp") return address.port;
    return 0;
  }

  /** Connections of clients that are open, those in a TLS handshake too. */
  get openConnections(): number {
    return this.connections.size;
  }

  /**
   * Stops accepting, closes what is idle, waits for the requests that run and the WebSockets that are open, and cuts what
   * is left after `graceMs`. Idempotent: the same promise each time.
   */
  close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async shutDown(): Promise<void> {
    this.isClosing = true;
    await Promise.all(this.bound.map((one) => one.close()));
    this.connections.closeIdle();
    // What was running closes behind its answer; a connection that was kept alive does when it has nothing more.
    const timer = setInterval(() => this.connections.closeIdle(), CLOSING_LOOK_MS);
    const cut = setTimeout(() => this.connections.cut(), Math.min(this.settings.graceMs, MAX_TIMER_MS));
    await this.connections.empty();
    clearInterval(timer);
    clearTimeout(cut);
  }

  private async bind(one: HttpAddress): Promise<void> {
    const { backlog, mode, owner, group, recreate } = this.options;
    const name = formatHttpAddress(one.address, one.isTls);
    const listening = {
      // An HTTP server is there for everybody.
      insecure: true,
      onError: (error: Error) => acceptFailed.publish({ server: this, address: name, error }),
      onLost: (how: "removed" | "replaced", isRecreated: boolean) =>
        socketLost.publish({ server: this, address: name, how, isRecreated }),
      ...(backlog === undefined ? {} : { backlog }),
      ...(mode === undefined ? {} : { mode }),
      ...(owner === undefined ? {} : { owner }),
      ...(group === undefined ? {} : { group }),
      ...(recreate === undefined ? {} : { recreate }),
    };
    const take = (socket: Socket): void => this.take(socket, one.isTls);
    let bound: Bound;
    try {
      bound = await listenSockets(one.address, take, listening);
    } catch (error) {
      const hasNoIpv6 = one.isAny && noIpv6.has(errorCode(error instanceof Error ? error.cause : undefined) ?? "");
      if (!hasNoIpv6 || one.address.kind !== "tcp") throw error;
      bound = await listenSockets({ ...one.address, host: "0.0.0.0" }, take, listening);
    }
    this.bound.push({ address: bound.address, isTls: one.isTls, close: () => bound.close(), stop: () => bound.stop() });
  }

  private take(socket: Socket, isTls: boolean): void {
    // Whatever happens to it is told by "close"; unheard it would end the process.
    socket.on("error", () => {});
    if (isNamelessTcp(socket)) {
      socket.destroy();
    } else if (!this.connections.admit(socket)) {
      const error = new LimitError(`${this.connections.size} connections, at most that many are allowed`, {
        code: "UWSGI_CONNECTIONS_LIMIT",
      });
      reportConnection(this, this.originOf(socket, isTls), error, 0);
      socket.destroy();
    } else if (isTls) this.tls?.emit("connection", socket);
    else {
      this.connections.add(socket, this.originOf(socket, false));
      this.http1.emit("connection", socket);
    }
  }

  private serveTls({ cert, key, passphrase, ca, ciphers, minVersion = "TLSv1.2" }: BridgeTls): TlsServer {
    const server = createTlsServer({
      cert: asPem(cert),
      key: asPem(key),
      minVersion,
      ALPNProtocols: this.settings.hasHttp2 ? ["h2", "http/1.1"] : ["http/1.1"],
      handshakeTimeout: Math.min(this.settings.headTimeoutMs, MAX_TIMER_MS),
      allowHalfOpen: true,
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(ciphers === undefined ? {} : { ciphers }),
      ...(ca === undefined ? {} : { ca: asPem(ca), requestCert: true, rejectUnauthorized: true }),
    });
    server.on("secureConnection", (socket: TLSSocket) => {
      socket.on("error", () => {});
      if (isNamelessTcp(socket)) {
        socket.destroy();
        return;
      }
      const connection = this.connections.add(socket, this.originOf(socket, true));
      if (socket.alpnProtocol === "h2") this.http2.adopt(connection);
      else this.http1.emit("connection", socket);
    });
    server.on("tlsClientError", (error, socket) => {
      const origin = this.originOf(socket, true);
      socket.destroy();
      const failed = new ConnectionError(`the TLS handshake failed: ${error.message}`, {
        code: "UWSGI_TLS_FAILED",
        cause: error,
      });
      reportConnection(this, origin, failed, 0);
    });
    return server;
  }

  private originOf(socket: Socket, isTls: boolean): Origin {
    const remoteAddress = plainAddress(socket.remoteAddress ?? "");
    const { trusted, trustsUnix } = this.settings;
    return {
      isTls,
      remoteAddress,
      remotePort: socket.remotePort ?? 0,
      localPort: socket.localPort ?? 0,
      isTrusted: remoteAddress === "" ? trustsUnix : trusted?.has(remoteAddress) === true,
    };
  }
}

/**
 * True for a TCP peer that has reset the connection already: it has no address any more, as one on a unix socket has none,
 * and what it sent before could still be read. Our own address is there all the same.
 */
function isNamelessTcp(socket: Socket): boolean {
  return socket.remoteAddress === undefined && socket.localAddress !== undefined;
}

/** How often a closing bridge looks for connections that have become idle. */
const CLOSING_LOOK_MS = 50;

/** Node's timers go no further. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What a system without IPv6 says. */
const noIpv6: ReadonlySet<string> = new Set(["EAFNOSUPPORT", "EADDRNOTAVAIL", "EINVAL"]);

function asPem(pem: string | Uint8Array): string | Buffer {
  return typeof pem === "string" ? pem : Buffer.from(pem);
}
