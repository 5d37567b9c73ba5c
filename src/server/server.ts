/// <reference lib="esnext.disposable" preserve="true" />
/** Accepts connections, owns them, hands their packets to plugins, and closes without losing an answer. */
import type { Packet } from "../codec/index.ts";
import {
  type Address,
  type CloseOptions,
  Connection,
  type ConnectionOwner,
  defaultLimits,
  formatAddress,
  listen,
  type Listener,
  parseAddress,
  Roster,
  Sweeper,
  type Transport,
} from "../connection/index.ts";
import {
  acceptFailed,
  connectionRefused,
  type Ending,
  exchangeError,
  socketLost,
  transportFallback,
} from "../diagnostics.ts";
import { ConnectionError, LimitError, typeError, type UwsgiError } from "../errors.ts";
import { type AboutRequest, type Plugin, statusOf } from "../handler/index.ts";
import { closeGently } from "./close.ts";
import { ConnectionExchange } from "./connection-exchange.ts";
import { noCounts, type ServerCounts } from "./counts.ts";
import { formatErrorResponse } from "./error-response.ts";
import { connectionsFor, openFilesLimit } from "./fd-limit.ts";
import { checkOptions, given, MOST_LOOKS, type ServerOptions, STALE_HANDSHAKE_MS } from "./options.ts";
import { type RunningRequest, RunningRequests } from "./running-requests.ts";
import { unserved } from "./unserved.ts";

/** A uwsgi server. It listens where it is told to; several addresses at once are one server. */
export class Server implements AsyncDisposable {
  /** What it has done so far. */
  readonly counts: ServerCounts = noCounts();
  private readonly options: ServerOptions;
  private readonly maxConnections: number;
  /** What connections know of us. */
  private readonly owner: ConnectionOwner;
  /** By modifier1. */
  private readonly plugins = new Map<number, Plugin>();
  private readonly listeners: Listener[] = [];
  private readonly connections = new Roster<Connection>();
  /** @internal */
  readonly requests: RunningRequests;
  /** Exchanges that are being answered, and work beside them. */
  private held = 0;
  private closing: Promise<void> | undefined;
  /** Where the search for a connection that can go goes on. */
  private hand = 0;
  /** From now on nothing is served, whatever still comes. */
  private isOver = false;
  private hasFallenBack = false;
  private onIdle: (() => void) | undefined;
  private markClosed: () => void = () => {};
  /** Resolves when the server has closed, whoever closed it. */
  readonly closed: Promise<void> = new Promise((resolve) => {
    this.markClosed = resolve;
  });

  /** Throws (`UWSGI_INVALID_ARGUMENT`) for two plugins with the same modifier1 and for options out of range. */
  constructor(options: ServerOptions) {
    checkOptions(options);
    this.options = options;
    const attributes = options.attributesErrors === true;
    this.requests = new RunningRequests(attributes, this.counts, (exchange) => this.release(exchange));
    this.maxConnections = options.maxConnections ?? connectionsFor(openFilesLimit());
    this.owner = {
      limits: { ...defaultLimits, ...given(options) },
      sweeper: new Sweeper(this.connections),
      refusal: (beginning) => this.refusal(beginning),
      onPacket: (connection, packet) => this.onPacket(connection, packet),
      onMalformed: (connection, error, modifier1) => this.onMalformed(connection, error, modifier1),
      onTimeout: (connection, error) => this.noteRefusal(connection.transport.peer, error, 0),
      onClosed: (connection) => this.onClosed(connection),
    };
    for (const plugin of options.plugins) {
      const other = this.plugins.get(plugin.modifier1);
      if (other !== undefined) {
        throw typeError(
          "UWSGI_INVALID_ARGUMENT",
          `plugins ${other.name} and ${plugin.name} both answer modifier1 ${plugin.modifier1}`,
        );
      }
      this.plugins.set(plugin.modifier1, plugin);
    }
  }

  /** Where it listens; a TCP port 0 has become the real one. */
  get addresses(): readonly Address[] {
    return this.listeners.map((listener) => listener.address);
  }

  /** Connections that are open, those in a TLS handshake too. */
  get openConnections(): number {
    let open = this.connections.size;
    for (const listener of this.listeners) open += listener.pending;
    return open;
  }

  /** The requests that are being answered, no upgraded ones; first, if there is one, that whose handler is being called. */
  running(): readonly RunningRequest[] {
    return this.requests.list();
  }

  /** How many `running` would list. */
  get runningCount(): number {
    return this.requests.count;
  }

  /** How long the oldest request has run; 0 when there is none. */
  oldestMs(): number {
    return this.requests.oldestMs();
  }

  /**
   * Fails the request that an error belongs to which nobody caught, for the events `uncaughtException` and
   * `unhandledRejection`: 500, or broken off, and logged as its own; behind its end logged only. False: it cannot be
   * told which one that is, never without `attributesErrors`.
   */
  blame(error: unknown): boolean {
    return this.requests.blame(error);
  }

  /**
   * Listens on an address as well; see `parseAddress` for its forms. Rejects as `listen` of the
   * connection area does, or with `UWSGI_SERVER_CLOSED`.
   */
  async listen(address: string | Address): Promise<void> {
    const parsed = typeof address === "string" ? parseAddress(address) : address;
    if (typeof parsed?.kind !== "string") {
      throw typeError("UWSGI_INVALID_ADDRESS", `address is ${typeof address}, allowed are a string or an Address`);
    }
    this.checkOpen();
    const name = formatAddress(parsed);
    const listener = await listen(parsed, (transport) => this.adopt(transport), {
      ...this.options,
      handshakeTimeoutMs: this.owner.limits.headerTimeoutMs,
      mayAccept: () => this.overLimit(),
      onRefused: (peer, error) => this.noteRefusal(peer, error, 0),
      onError: (error) => acceptFailed.publish({ server: this, address: name, error }),
      onFallback: (reason) => this.noteFallback(reason),
      onLost: (how, isRecreated) => socketLost.publish({ server: this, address: name, how, isRecreated }),
      onPendingEnd: () => this.checkIdle(),
    });
    this.listeners.push(listener);
    if (this.closing !== undefined) {
      listener.cut();
      await listener.close();
      this.checkOpen();
    }
  }

  /**
   * Stops accepting, waits for the exchanges that run, then cuts what is left after `graceMs`; calls
   * the application's `drain` and `stop`. Idempotent: the same promise each time. `behindQueue`: accept first what is
   * queued; default true, except for inherited sockets, whose queue is left to the others who have them.
   */
  close(how?: CloseOptions): Promise<void> {
    return (this.closing ??= this.shutDown(how));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal Serves a connection that came some other way. */
  adopt(transport: Transport): void {
    if (this.isOver) {
      transport.destroy();
      return;
    }
    this.counts.accepted++;
    const connection = new Connection(transport, this.owner);
    this.connections.add(connection);
    this.owner.sweeper.start();
    connection.begin();
  }

  /** @internal Reports and counts a connection, or a packet, that was refused. */
  noteRefusal(peer: string, error: UwsgiError, status: number, request?: AboutRequest): void {
    this.counts.refused++;
    if (!connectionRefused.hasSubscribers) return;
    const about = request === undefined ? {} : { environ: request.environ, requestId: request.id };
    connectionRefused.publish({ server: this, peer, error, status, ...about });
  }

  /** @internal Waits at its close for work that never rejects. */
  hold(work: Promise<void>): void {
    this.held++;
    void work.then(() => {
      this.held--;
      this.checkIdle();
    });
  }

  /** Once, however many addresses there are. */
  private noteFallback(reason: string): void {
    if (this.hasFallenBack) return;
    this.hasFallenBack = true;
    transportFallback.publish({ server: this, reason });
  }

  private onPacket(connection: Connection, packet: Packet): void {
    this.counts.exchanges++;
    this.options.beforeAnswer?.();
    const exchange = new ConnectionExchange(connection, packet, this);
    // It is there: `refusal` has been asked first.
    const plugin = this.plugins.get(packet.modifier1) as Plugin;
    if (connection.transport.lendsReads && plugin.readsAtOnce !== true) packet.keep();
    const { requests } = this;
    // Another may be in its call: who asks its own process has the packet read there and then.
    const outer = requests.current;
    requests.current = exchange;
    try {
      const answered = requests.call(plugin, exchange);
      if (answered !== undefined) void this.await(exchange, answered);
    } catch (error) {
      this.breakOff(exchange, error);
    }
    requests.current = outer;
  }

  private refusal(beginning: Uint8Array): UwsgiError | undefined {
    const [modifier1 = 0] = beginning;
    return this.plugins.has(modifier1) ? undefined : unserved(beginning, [...this.plugins.keys()]);
  }

  /** Why there is no room for one more connection, if there is none. */
  private overLimit(): UwsgiError | undefined {
    if (this.openConnections < this.maxConnections) return undefined;
    this.counts.overLimit++;
    const error = new LimitError(`there are ${this.maxConnections} connections, which is the most that are allowed`, {
      code: "UWSGI_CONNECTIONS_LIMIT",
    });
    // Whoever holds connections for nothing shall not keep out those who ask.
    const stale = this.nextStale();
    if (stale !== undefined) {
      // One that has had its answer is not refused.
      if (stale.isIdle) this.noteRefusal(stale.transport.peer, error, 0);
      stale.destroy(error);
      return undefined;
    }
    return this.listeners.some((listener) => listener.cutHandshakes(STALE_HANDSHAKE_MS, 1) > 0) ? undefined : error;
  }

  /** A part of them each time, in turn: there may be many. */
  private nextStale(): Connection | undefined {
    const { size } = this.connections;
    for (let looks = Math.min(size, MOST_LOOKS); looks > 0; looks--) {
      const connection = this.connections.at(this.hand % size);
      if (connection?.isStale === true) return connection;
      this.hand = (this.hand + 1) % size;
    }
    return undefined;
  }

  private onMalformed(connection: Connection, error: UwsgiError, modifier1: number | undefined): void {
    // An answer helps the operator of a front end; whoever asks for what is not served gets none.
    const isRequest = modifier1 === 0 && error.code !== "UWSGI_MODIFIER_REFUSED";
    const status = isRequest ? statusOf(error) : 0;
    // First: of a connection that was closed the peer cannot be asked any more.
    this.noteRefusal(connection.transport.peer, error, status);
    if (status === 0) connection.abort();
    else {
      void connection.write(formatErrorResponse(status))?.catch(() => {});
      connection.end();
    }
  }

  private onClosed(connection: Connection): void {
    this.connections.delete(connection);
    this.checkIdle();
  }

  private async await(exchange: ConnectionExchange, answered: Promise<void>): Promise<void> {
    this.held++;
    exchange.isHeld = true;
    this.requests.add(exchange);
    try {
      await answered;
    } catch (error) {
      this.breakOff(exchange, error);
    } finally {
      this.release(exchange);
    }
  }

  /** The exchange is waited for no longer. */
  private release(exchange: ConnectionExchange): void {
    if (!exchange.isHeld) return;
    exchange.isHeld = false;
    this.requests.delete(exchange);
    this.held--;
    this.checkIdle();
  }

  /** A plugin that fails to answer its own failures: nothing sensible can be sent any more. */
  private breakOff(exchange: ConnectionExchange, error: unknown): void {
    let outcome: Ending = exchange.peerGone ? "peer-gone" : "complete";
    if (exchange.isOpen) outcome = exchange.abort() ? "broken-off" : "unsignalled";
    exchangeError.publish({ server: this, environ: {}, requestId: "-", error, outcome, status: 0 });
  }

  private async shutDown(how?: CloseOptions): Promise<void> {
    // Not awaited where there is none: `close` stops accepting at once.
    if (this.options.beforeClose !== undefined) await this.options.beforeClose();
    const unheard = Promise.all(this.listeners.map((listener) => listener.close(how)));
    const closed = new ConnectionError("the server is closing", { code: "UWSGI_SERVER_CLOSED" });
    await closeGently({
      server: this,
      graceMs: this.options.graceMs,
      lifecycle: this.options.lifecycle,
      cutSilent: () => {
        for (const listener of this.listeners) listener.cutHandshakes(STALE_HANDSHAKE_MS);
        for (const connection of this.connections.all()) if (connection.isSilent) connection.destroy(closed);
      },
      end: () => {
        this.isOver = true;
        for (const listener of this.listeners) listener.cut();
        for (const connection of this.connections.all()) connection.destroy(closed);
      },
      untilIdle: async () => {
        await unheard;
        await new Promise<void>((resolve) => {
          this.onIdle = resolve;
          this.checkIdle();
        });
      },
    });
    this.markClosed();
  }

  private checkIdle(): void {
    if (this.held === 0 && this.openConnections === 0) this.onIdle?.();
  }

  private checkOpen(): void {
    if (this.closing === undefined) return;
    throw new ConnectionError("the server is closed: make a new one", { code: "UWSGI_SERVER_CLOSED" });
  }
}
