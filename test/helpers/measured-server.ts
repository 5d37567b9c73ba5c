/** The server under test in a process of its own: measured from outside, and asked over its channel. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Address } from "../../src/connection/index.ts";
import type { ServeOptions } from "../../src/index.ts";
import type { ServerCounts } from "../../src/server/index.ts";
import type { MeasuredInterface } from "./measured-apps.ts";
import { projectRoot } from "./project.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";
import type { TransportKind } from "./test-server.ts";

/** What the program tells of itself. */
export interface Report {
  readonly counts: ServerCounts;
  readonly openConnections: number;
  /** Bodies of `/tracked` that were made, and how often one was closed. */
  readonly opened: number;
  readonly closed: number;
  /** Exchanges by how they ended. */
  readonly endings: Readonly<Record<string, number>>;
  /** Refused connections and failures by their code. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  /** In use after a collection, buffers included. */
  readonly heapBytes: number;
  /** Longest delay of its event loop. */
  readonly longestDelayMs: number;
}

/** What the program holds, as far as it can be counted. */
export interface Counted {
  /** Handles and requests that keep a process alive, by their kind. */
  readonly resources: Readonly<Record<string, number>>;
  readonly openConnections: number;
  /** Connections so far. */
  readonly accepted: number;
  readonly descriptors: number;
}

/** What the program needs once its garbage is collected. */
export interface Memory {
  readonly heapBytes: number;
  /** Memory of buffers, outside of the heap. */
  readonly bufferBytes: number;
}

export interface Held extends Counted, Memory {
  /** Resident, of the whole process. */
  readonly rssBytes: number;
}

export interface Question {
  readonly id: number;
  readonly ask: "report" | "counted" | "memory" | "release" | "block" | "setClock";
  readonly ms?: number;
}

interface Reply {
  readonly id: number;
  readonly value: unknown;
}

export interface MeasuredOptions {
  /** Those of `serve` that JSON can say. */
  readonly options?: Omit<Partial<ServeOptions>, "socket" | "log" | "tls" | "lifecycle">;
  /** One of `measuredApp` in place of the usual application. */
  readonly by?: MeasuredInterface;
  /** Hard limit of open files. */
  readonly openFiles?: number;
  /** A program of `test/programs` to be loaded before the server. */
  readonly preload?: string;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Kernel pages, as /proc counts. */
const PAGE_BYTES = 4_096;

export class MeasuredServer implements AsyncDisposable {
  readonly pid: number;
  /** The first address it listens on. */
  readonly address: Address;
  private readonly child: ChildProcess;
  private readonly folder: TempFolder;
  /** Delays of our own event loop since the server was started. */
  private readonly delay = monitorEventLoopDelay({ resolution: 10 });
  private lastId = 0;
  private readonly waiting = new Map<number, Waiting>();

  private constructor(child: ChildProcess, folder: TempFolder, addresses: readonly Address[]) {
    const [address] = addresses;
    if (address === undefined || child.pid === undefined) throw new Error("the server listens nowhere");
    this.pid = child.pid;
    this.address = address;
    this.child = child;
    this.folder = folder;
    this.delay.enable();
    child.on("message", ({ id, value }: Reply) => {
      this.waiting.get(id)?.resolve(value);
      this.waiting.delete(id);
    });
    child.once("exit", (code, signal) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`the server has ended: ${code ?? signal}`));
    });
  }

  static async start(
    kind: TransportKind,
    { options, by, openFiles, preload }: MeasuredOptions = {},
  ): Promise<MeasuredServer> {
    const folder = tempFolder();
    const socket = kind === "unix" ? folder.file("s") : "127.0.0.1:0";
    const args = [process.execPath, "--expose-gc", "--enable-source-maps"];
    if (preload !== undefined) args.push("--import", program(preload));
    args.push(program("measured-server"), JSON.stringify({ ...options, by, socket }), String(openFiles ?? ""));
    const [node = "", ...rest] = args;
    const child = spawn(node, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const exited = once(child, "exit").then(([code]: unknown[]) => {
      throw new Error(`the server did not start: exit ${String(code)}`);
    });
    exited.catch(() => {});
    const [{ value }] = (await Promise.race([once(child, "message"), exited])) as [Reply];
    return new MeasuredServer(child, folder, value as Address[]);
  }

  report(): Promise<Report> {
    return this.ask("report") as Promise<Report>;
  }

  async counted(): Promise<Counted> {
    const counted = (await this.ask("counted")) as Omit<Counted, "descriptors">;
    return { ...counted, descriptors: this.openFiles };
  }

  async held(): Promise<Held> {
    const memory = (await this.ask("memory")) as Memory;
    return { ...(await this.counted()), ...memory, rssBytes: this.rssBytes };
  }

  /**
   * Milliseconds that a busy machine may have made anything seem late: connecting, accepting, looking at
   * the clock and telling the peer each may have waited as long as either process ever did.
   */
  async machineLateMs(): Promise<number> {
    return 4 * ((await this.report()).longestDelayMs + this.delay.max / 1e6);
  }

  /** Lets go all requests of `/hold` and `/file`. */
  async release(): Promise<void> {
    await this.ask("release");
  }

  /** Its event loop does nothing for that long, beginning about when this resolves. */
  async block(ms: number): Promise<void> {
    await this.ask("block", ms);
  }

  /** Sets its wall clock off by that much (with the preload `moved-clock`); answers what it now reads. */
  setClock(ms: number): Promise<number> {
    return this.ask("setClock", ms) as Promise<number>;
  }

  /** Resident memory in bytes. */
  get rssBytes(): number {
    return Number(readFileSync(`/proc/${this.pid}/statm`, "utf8").split(" ")[1]) * PAGE_BYTES;
  }

  /** Open descriptors. */
  get openFiles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The program takes the end of the channel as its own.
    this.delay.disable();
    if (this.child.connected) this.child.disconnect();
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
    this.folder[Symbol.dispose]();
  }

  private ask(ask: Question["ask"], ms = 0): Promise<unknown> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.send({ id, ask, ms } satisfies Question, (error) => {
        if (error !== null) reject(error);
      });
    });
  }
}

/** Resident memory over time. */
export interface RssWatch {
  readonly points: readonly (readonly [ms: number, bytes: number])[];
  stop(): void;
}

/** Looks at the memory of a server from now on. */
export function watchRss(server: MeasuredServer, everyMs: number): RssWatch {
  const points: [number, number][] = [];
  const timer = setInterval(() => points.push([performance.now(), server.rssBytes]), everyMs);
  return { points, stop: () => clearInterval(timer) };
}

/** Path of a compiled program of `test/programs`. */
export function program(name: string): string {
  return join(projectRoot, `build/test/programs/${name}.js`);
}
