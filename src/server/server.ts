/// <reference lib="esnext.disposable" preserve="true" />
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
import {
  AFTER_CUT_MS,
  checkOptions,
  DEFAULT_GRACE_MS,
  IDLE_GRACE_MS,
  LINGER_MS,
  MAX_DRAIN_BYTES,
  MAX_TIMER_MS,
  type ServerOptions,
} from "./options.ts";

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
    this.owner = {
      limits: options,
      reaper: new Reaper(LINGER_MS),
      maxDrainBytes: MAX_DRAIN_BYTES,
      refusal: (beginning) => this.refusal(beginning),
      onPacket: (connection, packet) => this.onPacket(connection, packet),
      onMalformed: (connection, error, modifier1) => this.onMalformed(connection, error, modifier1),
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
    if (typeof parsed?.kind !== "string") {
      throw typeError("UWSGI_INVALID_ADDRESS", `address is ${typeof address}, allowed are a string or an Address`);
    }
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
    this.running++;
    // It is there: `refusal` has been asked first.
    void this.answer(this.plugins.get(packet.modifier1) as Plugin, connection, packet);
  }

  private refusal(beginning: Uint8Array): UwsgiError | undefined {
    const [modifier1 = 0] = beginning;
    return this.plugins.has(modifier1) ? undefined : unserved(beginning, [...this.plugins.keys()]);
  }

  private onMalformed(connection: Connection, error: UwsgiError, modifier1: number | undefined): void {
    // An answer helps the operator of a front end; whoever asks for what is not served gets none.
    const isRequest = modifier1 === 0 && error.code !== "UWSGI_MODIFIER_REFUSED";
    this.refuse(connection, error, isRequest ? 400 : 0);
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
    const graceMs = this.options.graceMs ?? DEFAULT_GRACE_MS;
    const timers = [idleTimer];
    if (graceMs <= MAX_TIMER_MS) {
      timers.push(setTimeout(cut, graceMs, () => true));
      // Behind the cut handlers end, and are logged; one that ignores its signal is not waited for.
      timers.push(setTimeout(() => this.onIdle?.(), graceMs + AFTER_CUT_MS));
    }
    await new Promise<void>((resolve) => {
      this.onIdle = resolve;
      this.checkIdle();
    });
    for (const timer of timers) clearTimeout(timer);
    this.markClosed();
  }

  private checkIdle(): void {
    if (this.running === 0 && this.connections.size === 0) this.onIdle?.();
  }

  private checkOpen(): void {
    if (this.closing === undefined) return;
    throw new ConnectionError("the server is closed: make a new one", { code: "UWSGI_SERVER_CLOSED" });
  }
}

function unserved(beginning: Uint8Array, served: readonly number[]): ProtocolError {
  return new ProtocolError(
    `modifier1 ${beginning[0]} is not served here, only ${served.join(", ")}; it began with ` +
      `${describeBytes(beginning)}${guess(beginning)}`,
    { code: "UWSGI_MODIFIER_REFUSED", offset: 0 },
  );
}

/** What else speaks like that: nearly always a front end that is set up for another protocol. */
function guess(beginning: Uint8Array): string {
  const [first = 0, second = 0] = beginning;
  if (first === 0x16 && second === 0x03) return ": this is TLS, spoken to a plain uwsgi socket";
  const isMethod = beginning.subarray(0, 3).every((byte) => byte >= 0x41 && byte <= 0x5a);
  return isMethod ? ": this looks like HTTP, spoken to a uwsgi socket (uwsgi_pass is needed, not proxy_pass)" : "";
}
