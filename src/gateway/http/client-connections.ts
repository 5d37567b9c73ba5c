/** The connections of clients: which there are, which of them answer something, and which have taken too long. */
import type { IncomingMessage } from "node:http";
import { constants, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { BridgeLimits } from "./bridge-options.ts";
import type { ClientAnswer } from "./client-answer.ts";
import type { Origin } from "./request-vars.ts";

/** Within it a client that has connected sends its request. */
const FRESH_MS = 1_000;

/** One connection, with what its requests have in common. */
export class ClientConnection implements Origin {
  readonly socket: Socket;
  readonly isTls: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly isTrusted: boolean;
  /** Of HTTP/2. */
  session: ServerHttp2Session | undefined;
  /** Exchanges that are being answered; of HTTP/1 one, for the next waits in `queue`. */
  running = 0;
  /** Exchanges that were answered. */
  answered = 0;
  /** What came behind a request that is still being answered (pipelining). */
  readonly queue: (() => void)[] = [];
  /** The request that is being answered, of HTTP/1, and its answer. */
  current: { readonly req: IncomingMessage; readonly answer: ClientAnswer } | undefined;
  /** The answer that goes out is its last: what comes behind it is not looked at. */
  isLast = false;
  /** Goes on as another protocol: no deadline but that of the end. */
  isUpgraded = false;
  /** Since when nothing is answered. */
  idleSince: number;
  /** What had come by then. */
  bytesThen = 0;
  /** Since when a further head is on its way. */
  headSince: number | undefined;

  constructor(socket: Socket, origin: Origin, now: number) {
    this.socket = socket;
    this.isTls = origin.isTls;
    this.remoteAddress = origin.remoteAddress;
    this.remotePort = origin.remotePort;
    this.localPort = origin.localPort;
    this.isTrusted = origin.isTrusted;
    this.idleSince = now;
    this.headSince = now;
  }

  begin(): void {
    this.running++;
    this.headSince = undefined;
  }

  end(now: number): void {
    this.running--;
    this.answered++;
    this.current = undefined;
    this.idleSince = now;
    this.bytesThen = this.socket.bytesRead;
  }

  /**
   * Closes it where nothing runs, and no head can be on its way; of HTTP/2 (GOAWAY) also where something does: that ends
   * first.
   */
  closeWhenIdle(now: number): void {
    if (this.session !== undefined) {
      if (!this.session.closed) this.session.close();
      return;
    }
    const isFresh = this.headSince !== undefined && now - this.headSince < FRESH_MS;
    if (this.running === 0 && !isFresh) this.socket.destroy();
  }

  cut(): void {
    if (this.session !== undefined && !this.session.destroyed)
      this.session.destroy(undefined, constants.NGHTTP2_NO_ERROR);
    this.socket.destroy();
  }
}

/** What is to be done about a connection. */
export type Due = "nothing" | "idle" | "slow-head";

/** The facts that decide it; `headSince` and `bytesThen` as in `ClientConnection`. */
export interface Waiting {
  readonly running: number;
  readonly isUpgraded: boolean;
  readonly idleSince: number;
  readonly headSince: number | undefined;
}

/** Decides. Pure. */
export function dueOf(
  { running, isUpgraded, idleSince, headSince }: Waiting,
  now: number,
  { headTimeoutMs, keepAliveTimeoutMs }: Pick<BridgeLimits, "headTimeoutMs" | "keepAliveTimeoutMs">,
): Due {
  if (running > 0 || isUpgraded) return "nothing";
  if (headSince !== undefined) return now - headSince > headTimeoutMs ? "slow-head" : "nothing";
  return now - idleSince > keepAliveTimeoutMs ? "idle" : "nothing";
}

/** How often connections are looked at. */
const SWEEP_MS = 250;

/** Connections that are looked at for one that can go, each time that there are too many. */
const MOST_LOOKS = 1_000;

/** All connections of a bridge. */
export class ClientConnections {
  private readonly limits: BridgeLimits;
  private readonly onSlowHead: (connection: ClientConnection) => void;
  private readonly all = new Map<Socket, ClientConnection>();
  /** Those that are in a TLS handshake, too. */
  private readonly sockets = new Set<Socket>();
  private timer: NodeJS.Timeout | undefined;
  private onEmpty: (() => void) | undefined;

  constructor(limits: BridgeLimits, onSlowHead: (connection: ClientConnection) => void) {
    this.limits = limits;
    this.onSlowHead = onSlowHead;
  }

  get size(): number {
    return this.sockets.size;
  }

  /** False when there are too many, and none can go for this one. */
  admit(socket: Socket): boolean {
    if (this.sockets.size >= this.limits.maxConnections && !this.makeRoom()) return false;
    this.sockets.add(socket);
    socket.once("close", () => {
      this.sockets.delete(socket);
      if (this.sockets.size === 0) {
        clearInterval(this.timer);
        this.timer = undefined;
        this.onEmpty?.();
      }
    });
    this.timer ??= setInterval(() => this.sweep(performance.now()), SWEEP_MS).unref();
    return true;
  }

  /** `socket`: the one that requests come by, which under TLS is not the one that was admitted. */
  add(socket: Socket, origin: Origin): ClientConnection {
    const connection = new ClientConnection(socket, origin, performance.now());
    this.all.set(socket, connection);
    socket.once("close", () => this.all.delete(socket));
    return connection;
  }

  of(socket: Socket): ClientConnection | undefined {
    return this.all.get(socket);
  }

  /** Closes what is idle, now. */
  closeIdle(): void {
    const now = performance.now();
    for (const connection of this.all.values()) connection.closeWhenIdle(now);
  }

  cut(): void {
    for (const connection of this.all.values()) connection.cut();
    for (const socket of this.sockets) socket.destroy();
  }

  /** Resolves when there is none left. */
  empty(): Promise<void> {
    if (this.sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.onEmpty = resolve;
    });
  }

  private makeRoom(): boolean {
    let looks = 0;
    for (const connection of this.all.values()) {
      if (connection.running === 0 && connection.answered > 0 && !connection.isUpgraded) {
        connection.cut();
        return true;
      }
      if (++looks === MOST_LOOKS) break;
    }
    return false;
  }

  private sweep(now: number): void {
    for (const connection of this.all.values()) {
      const { socket, session, headSince } = connection;
      const hasMore = headSince === undefined && connection.running === 0 && socket.bytesRead !== connection.bytesThen;
      // Of HTTP/2 all sorts of frames may come, and pings keep nobody's connection open.
      if (hasMore && session === undefined) connection.headSince = now;
      const due = dueOf(connection, now, this.limits);
      if (due === "nothing") continue;
      if (due === "slow-head") this.onSlowHead(connection);
      if (session !== undefined) connection.cut();
      else if (due === "idle") socket.destroy();
    }
  }
}
