/**
 * A bridge or a router beside the workers, as a process of its own: of `--http`, or one of `gateway`. It ends with its
 * master, however that ends, and is started again when it ends alone.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterFailure, delayOf, noFreeFailures } from "../../throttle.ts";

/** For a closing gateway to take what is on its way, before the workers hear of the end. */
const LAST_REQUESTS_MS = 1_000;

/** Exit codes by which it says that no other start would do better: usage, in use, cannot listen, no permission, address. */
const hopeless: ReadonlySet<number> = new Set([64, 69, 73, 77, 78]);

const program = fileURLToPath(new URL("../main.js", import.meta.url));
const leavesWithParent = new URL("leave-with-parent.js", import.meta.url).href;

export interface GatewayProcessOptions {
  /** What the log calls it: `the bridge`. */
  readonly title: string;
  /** Its command line: `bridge` or `route`, and options. */
  readonly args: readonly string[];
  /** One before this one may hold the address for a while: then a start that fails is tried again. */
  readonly mayBeInUse: boolean;
  /** Told when it has ended alone, and is started again. */
  readonly onNotice: (text: string) => void;
  /** Told once when the first start has failed and no other would do better, with its exit code. */
  readonly onHopeless: (exitCode: number) => void;
}

export class GatewayProcess {
  private readonly options: GatewayProcessOptions;
  private child: ChildProcess | undefined;
  private ended: Promise<unknown> = Promise.resolve();
  private readonly stopping = new AbortController();
  private readonly done: Promise<void>;

  /** Starts it. */
  constructor(options: GatewayProcessOptions) {
    this.options = options;
    this.done = this.keepRunning();
  }

  /** Tells it to close; resolves when it has, or nothing new comes from it. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.child?.kill("SIGTERM");
    await Promise.race([this.ended, delay(LAST_REQUESTS_MS)]);
  }

  /** Resolves when it has ended; it is told to at once where `stop` was not called. */
  async close(): Promise<void> {
    if (!this.stopping.signal.aborted) await this.stop();
    await this.done;
  }

  private async keepRunning(): Promise<void> {
    const { signal } = this.stopping;
    let failures = noFreeFailures;
    let wasSound = this.options.mayBeInUse;
    while (!signal.aborted) {
      const exitCode = await this.start();
      if (signal.aborted) return;
      if (!wasSound && typeof exitCode === "number" && hopeless.has(exitCode)) {
        this.options.onHopeless(exitCode);
        return;
      }
      wasSound = true;
      failures = afterFailure(failures, performance.now());
      const delayMs = delayOf(failures);
      this.options.onNotice(`${this.options.title} has ended by ${exitCode}: started again in ${delayMs / 1_000} s`);
      await delay(delayMs, undefined, { signal }).catch(() => {});
    }
  }

  /** Resolves when it has ended, as `exitOf`. */
  private start(): Promise<number | string> {
    const [command = "", ...options] = this.options.args;
    const child = spawn(process.execPath, ["--import", leavesWithParent, program, command], {
      // Everybody may read command lines, and what stands in a file may be a secret.
      env: { ...process.env, UISGE_GATEWAY_ARGS: JSON.stringify(options) },
      stdio: ["ignore", "inherit", "inherit", "pipe"],
    });
    this.child = child;
    const ended = exitOf(child);
    this.ended = ended;
    return ended;
  }
}

/** Its exit code, or the signal or error that has ended it. Never rejects. */
async function exitOf(child: ChildProcess): Promise<number | string> {
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    return code ?? signal ?? "?";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
