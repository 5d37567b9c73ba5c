/// <reference lib="esnext.disposable" preserve="true" />
/** Listens, passes everything on as it is, and keeps what has passed. */
import {
  type Address,
  dial,
  type DialTls,
  formatAddress,
  listen,
  type Listener,
  type ListenOptions,
  parseAddress,
  type Transport,
} from "../connection/index.ts";
import { LimitError, rangeError } from "../errors.ts";
import { Pipe } from "./pipe.ts";
import { RecordingFile, type RecordingFileOptions } from "./recording-file.ts";
import { type Budget, Tape } from "./tape.ts";

export interface RecorderOptions extends ListenOptions, RecordingFileOptions {
  /** Where to listen: forms of `parseAddress`. */
  readonly socket: string | readonly string[];
  /** Where everything goes: a form of `parseAddress`. */
  readonly to: string;
  /** For a `suwsgi://` there. */
  readonly toTls?: DialTls;
  /** The recording, appended to. */
  readonly file: string;
  /** Hide the values of cookies and of what authenticates. Default false: then what is recorded can be replayed. */
  readonly redact?: boolean;
  /** Bytes that are kept of each direction of an exchange. Default 1 MiB; all are passed on. */
  readonly maxExchangeBytes?: number;
  /** Bytes of running exchanges in memory, all together. Default 64 MiB; over it no more are kept. */
  readonly maxHeldBytes?: number;
  /** Default 1 024; one more is closed at once. */
  readonly maxConnections?: number;
  /** Default 5 000. */
  readonly connectTimeoutMs?: number;
  /** Without a byte on either side. Default 600 000: longer than front ends wait; 30 000 behind the end of the answer. */
  readonly idleTimeoutMs?: number;
  /** How long `close` waits for exchanges that run. Default 10 000. */
  readonly graceMs?: number;
}

const LINGER_MS = 30_000;
const SWEEP_MS = 1_000;

export interface RecorderCounts {
  /** Connections that were taken. */
  connections: number;
  /** Connections to the server that could not be made. */
  notConnected: number;
}

/** A running recorder. */
export class Recorder implements AsyncDisposable {
  readonly counts: RecorderCounts = { connections: 0, notConnected: 0 };
  private readonly options: RecorderOptions;
  private readonly to: Address;
  private readonly file: RecordingFile;
  private readonly listeners: Listener[] = [];
  private readonly running = new Set<Running>();
  private readonly startedMs = performance.now();
  private readonly budget: Budget;
  private readonly sweep: NodeJS.Timeout;
  private readonly stop = new AbortController();
  private closing: Promise<void> | undefined;
  private onIdle: () => void = () => {};

  private constructor(options: RecorderOptions, to: Address, file: RecordingFile) {
    this.options = options;
    this.to = to;
    this.file = file;
    this.budget = { leftBytes: options.maxHeldBytes ?? 64 * 1024 * 1024 };
    this.sweep = setInterval(() => this.expire(performance.now()), SWEEP_MS);
    this.sweep.unref();
  }

  /**
   * Opens the file, then listens. Rejects as `parseAddress`, as `listen` of `connection`, with a ProtocolError
   * (`UWSGI_BAD_CAPTURE`) for a file that is no recording, with a RangeError (`UWSGI_INVALID_ARGUMENT`).
   */
  static async start(options: RecorderOptions): Promise<Recorder> {
    for (const [name, value] of Object.entries(options)) {
      if (typeof value === "number" && !(value >= 0)) {
        throw rangeError("UWSGI_INVALID_ARGUMENT", `${name} is ${value}, a number of 0 or more is needed`);
      }
    }
    const to = parseAddress(options.to);
    const sockets = (typeof options.socket === "string" ? [options.socket] : options.socket).map(parseAddress);
    const header = { at: new Date().toISOString(), to: formatAddress(to), redacted: options.redact === true };
    const recorder = new Recorder(options, to, await RecordingFile.open(options.file, header, options));
    try {
      for (const socket of sockets) await recorder.listen(socket);
    } catch (error) {
      await recorder.close();
      throw error;
    }
    return recorder;
  }

  /** Where it listens. */
  get addresses(): readonly Address[] {
    return this.listeners.map(({ address }) => address);
  }

  /** Exchanges in the file, and those that were lost: a disk that is full or too slow. */
  get recorded(): { readonly written: number; readonly lost: number } {
    return this.file.counts;
  }

  /** Stops accepting, waits for what runs, then for the file. Idempotent. */
  close(): Promise<void> {
    return (this.closing ??= this.shutdown());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async listen(address: Address): Promise<void> {
    const { maxConnections = 1_024 } = this.options;
    const mayAccept = (): LimitError | undefined =>
      this.running.size < maxConnections
        ? undefined
        : new LimitError(`${maxConnections} connections are open, which is the most`, {
            code: "UWSGI_CONNECTIONS_LIMIT",
          });
    this.listeners.push(await listen(address, (client) => void this.take(client), { ...this.options, mayAccept }));
  }

  /** Never rejects. */
  private async take(client: Transport): Promise<void> {
    const { maxExchangeBytes = 1024 * 1024, connectTimeoutMs = 5_000, toTls } = this.options;
    const tape = new Tape(++this.counts.connections, client.peer, maxExchangeBytes, this.budget, this.startedMs);
    const running: Running = { tape, pipe: undefined };
    this.running.add(running);
    const signal = AbortSignal.any([this.stop.signal, AbortSignal.timeout(connectTimeoutMs)]);
    try {
      const server = await dial(this.to, signal, toTls);
      tape.connected();
      running.pipe = new Pipe(client, server, {
        onBytes: (from, bytes) => tape.keep(from, bytes),
        onEnd: (from) => tape.ended(from),
        onBreak: (from) => tape.broke(from),
        onClosed: () => this.finish(running),
      });
    } catch {
      // Its reason is the same for each: `uisge ping` says it.
      this.counts.notConnected++;
      tape.end = this.stop.signal.aborted ? "closed" : "not-connected";
      client.destroy();
      this.finish(running);
    }
  }

  private finish(running: Running): void {
    this.running.delete(running);
    this.file.add(running.tape.finish());
    if (this.running.size === 0) this.onIdle();
  }

  private expire(nowMs: number): void {
    const { idleTimeoutMs = 600_000 } = this.options;
    for (const { pipe, tape } of this.running) {
      if (pipe === undefined) continue;
      const limitMs = tape.end === "complete" ? Math.min(LINGER_MS, idleTimeoutMs) : idleTimeoutMs;
      if (nowMs - pipe.movedMs < limitMs) continue;
      tape.end ??= "timeout";
      pipe.destroy();
    }
  }

  private async shutdown(): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener.close()));
    const { graceMs = 10_000 } = this.options;
    await this.idle(graceMs);
    this.stop.abort();
    for (const { tape, pipe } of this.running) {
      tape.end ??= "closed";
      pipe?.destroy();
    }
    await this.idle(SWEEP_MS);
    clearInterval(this.sweep);
    await this.file.close();
  }

  /** Resolves when nothing runs, or after `mostMs`. */
  private idle(mostMs: number): Promise<void> {
    if (this.running.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, mostMs);
      this.onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

interface Running {
  readonly tape: Tape;
  pipe: Pipe | undefined;
}
