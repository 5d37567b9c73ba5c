/** Accepts connections, owns them, hands their packets to plugins, and closes without losing an answer. */
import { describeBytes, type Packet } from "../codec/index.ts";
import {
  type Address,
  Connection,
  type ConnectionOwner,
  formatAddress,
  listen,
  type Listener,
  parseAddress,
  Reaper,
  type Transport,
} from "../connection/index.ts";
import { acceptFailed, connectionRefused, exchangeError } from "../diagnostics.ts";
import { ConnectionError, ProtocolError, typeError, type UwsgiError } from "../errors.ts";
import type { Plugin } from "../handler/index.ts";
import { ConnectionExchange } from "./connection-exchange.ts";
import { formatErrorResponse } from "./error-response.ts";
import { DEFAULT_GRACE_MS, IDLE_GRACE_MS, LINGER_MS, MAX_DRAIN_BYTES, type ServerOptions } from "./options.ts";

/** A uwsgi server. It listens where it is told to; several addresses at once are one server. */
export class Server implements AsyncDisposable {
  private readonly options: ServerOptions;
  /** What connections know of us. */
  private readonly owner: ConnectionOwner;
  /** By modifier1. */
  private readonly plugins = new Map<number, Plugin>();
  private readonly listeners: Listener[] = [];
  private readonly connections = new Set<Connection>();
  /** Exchanges that are being answered. */
  private running = 0;
  private closing: Promise<void> | undefined;
  /** The grace of `close` is over. */
  private isCut = false;
  private onIdle: (() => void) | undefined;
  private markClosed: () => void = () => {};
  /** Resolves when the server has closed, whoever closed it. */
  readonly closed: Promise<void> = new Promise((resolve) => {
    this.markClosed = resolve;
  });

  /** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for two plugins with the same modifier1. */
  constructor(options: ServerOptions) {
    this.options = options;
    this.owner = {
      limits: options,
      reaper: new Reaper(LINGER_MS),
      maxDrainBytes: MAX_DRAIN_BYTES,
      onPacket: (connection, packet) => this.onPacket(connection, packet),
      onMalformed: (connection, error, header) => this.onMalformed(connection, error, header),
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

  /**
   * Listens on an address as well: `host:port`, `[ipv6]:port` or a socket path. Rejects as `listen`
   * of the connection area does, or with `UWSGI_SERVER_CLOSED`.
   */
  async listen(address: string | Address): Promise<void> {
    const parsed = typeof address === "string" ? parseAddress(address) : address;
    this.checkOpen();
    const onError = (error: Error): void => {
      acceptFailed.publish({ server: this, address: formatAddress(parsed), error });
    };
    const listener = await listen(parsed, (transport) => this.accept(transport), { ...this.options, onError });
    if (this.closing !== undefined) {
      listener.close();
      this.checkOpen();
    }
    this.listeners.push(listener);
  }

  /**
   * Stops accepting, waits for the exchanges that run, then cuts what is left after `graceMs`.
   * Idempotent: the same promise each time.
   */
  close(): Promise<void> {
    return (this.closing ??= this.shutDown());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private accept(transport: Transport): void {
    this.connections.add(new Connection(transport, this.owner));
  }

  private onPacket(connection: Connection, packet: Packet): void {
    const plugin = this.plugins.get(packet.modifier1);
    if (plugin === undefined) {
      this.refuse(connection, unservedModifier(packet, [...this.plugins.keys()]), 0);
      return;
    }
    this.running++;
    void this.answer(plugin, connection, packet);
  }

  private onMalformed(connection: Connection, error: UwsgiError, header: Uint8Array | undefined): void {
    // An answer helps the operator of a front end; whoever does not speak uwsgi gets none.
    this.refuse(connection, error, header?.[0] === 0 ? 400 : 0);
  }

  private onClosed(connection: Connection): void {
    this.connections.delete(connection);
    this.checkIdle();
  }

  private async answer(plugin: Plugin, connection: Connection, packet: Packet): Promise<void> {
    try {
      await plugin.answer(new ConnectionExchange(connection, packet, this));
    } catch (error) {
      // A plugin that fails to answer its own failures: nothing sensible can be sent any more.
      connection.abort();
      exchangeError.publish({ server: this, environ: {}, error, headSent: true });
    } finally {
      this.running--;
      this.checkIdle();
    }
  }

  private refuse(connection: Connection, error: UwsgiError, status: number): void {
    if (status === 0) connection.abort();
    else {
      void connection.write(formatErrorResponse(status))?.catch(() => {});
      connection.end();
    }
    connectionRefused.publish({ server: this, peer: connection.transport.peer, error, status });
  }

  private async shutDown(): Promise<void> {
    for (const listener of this.listeners) listener.close();
    const closed = new ConnectionError("the server is closing", { code: "UWSGI_SERVER_CLOSED" });
    const cut = (isDue: (connection: Connection) => boolean): void => {
      for (const connection of this.connections) if (isDue(connection)) connection.destroy(closed);
    };
    // A front end that has just connected is about to send its packet: that request shall not be lost.
    const idleTimer = setTimeout(cut, IDLE_GRACE_MS, (connection: Connection) => connection.isIdle);
    const timer = setTimeout(() => {
      this.isCut = true;
      cut(() => true);
      this.checkIdle();
    }, this.options.graceMs ?? DEFAULT_GRACE_MS);
    await new Promise<void>((resolve) => {
      this.onIdle = resolve;
      this.checkIdle();
    });
    clearTimeout(idleTimer);
    clearTimeout(timer);
    this.markClosed();
  }

  private checkIdle(): void {
    // An application that ignores its signal is not waited for beyond the grace.
    if ((this.running === 0 || this.isCut) && this.connections.size === 0) this.onIdle?.();
  }

  private checkOpen(): void {
    if (this.closing === undefined) return;
    throw new ConnectionError("the server is closed: make a new one", { code: "UWSGI_SERVER_CLOSED" });
  }
}

function unservedModifier(packet: Packet, served: readonly number[]): ProtocolError {
  return new ProtocolError(
    `modifier1 ${packet.modifier1} is not served here, only ${served.join(", ")}; the payload of ` +
      `${packet.datasize} bytes begins with ${describeBytes(packet.payload)}`,
    { code: "UWSGI_MODIFIER_REFUSED", offset: 0 },
  );
}
