/** The end of a worker: its server closes, its application is told as it would be under node, the process exits. */
import { constants } from "node:os";
import type { Writable } from "node:stream";
import type { RunningApplication } from "../../app/index.ts";
import { lastLines, lastWork, servedExitCode } from "../../process/index.ts";
import type { Serving } from "./serving.ts";
import { OWN_TERM_LISTENERS } from "./worker-signals.ts";

/** Behind the grace: for hooks and listeners, when requests have taken all of it. Less than a master waits. */
const LAST_MOMENT_MS = 500;

/** Node's timers go no further; a longer grace has no end. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What is served, once it is. */
export interface Served {
  readonly serving: Serving;
  readonly application: RunningApplication;
}

export interface StopOptions {
  /** Most milliseconds for what runs. 0: at once. */
  readonly graceMs: number;
  /** Nobody else will take what is queued. */
  readonly behindQueue: boolean;
}

export class WorkerEnd {
  /** Called when nothing is accepted any more, unless what is queued is taken first. */
  onClosed: () => void = () => {};
  /** What may hold lines that are to be written before the process exits. */
  streams: readonly Writable[] = [process.stdout, process.stderr];
  /** An error that nobody caught has come. */
  hasFailed = false;
  /** The application has closed its server itself. */
  isClosedByItself = false;
  /** Listeners of the application have heard SIGTERM from the system. */
  isApplicationTold = false;
  private isBegun = false;
  private exitsAt = Number.POSITIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;

  get hasBegun(): boolean {
    return this.isBegun;
  }

  get exitCode(): number {
    return servedExitCode(this.hasFailed);
  }

  /**
   * Begins to end, within a grace that can only become shorter. `served`: undefined while the application is still
   * being loaded, which is not waited for.
   */
  begin({ graceMs, behindQueue }: StopOptions, served: Promise<Served> | undefined): void {
    this.limit(graceMs);
    if (this.isBegun) return;
    this.isBegun = true;
    if (served === undefined) process.exit(this.exitCode);
    // One that fails to start ends the process itself.
    void served.then((found) => this.finish(found, behindQueue)).catch(() => {});
  }

  private async finish({ serving, application }: Served, behindQueue: boolean): Promise<void> {
    const closing = serving.close(behindQueue);
    if (!behindQueue) this.onClosed();
    await closing;
    const hasListeners = process.listenerCount("SIGTERM") > OWN_TERM_LISTENERS;
    if (hasListeners && !this.isApplicationTold && !this.isClosedByItself) await tell();
    const { isClosedByItself } = this;
    const isTold = hasListeners || this.isApplicationTold;
    const ending = { interface: application.interface, isClosedByItself, isTold };
    await lastWork(ending, Math.max(0, this.exitsAt - performance.now()));
    await lastLines(this.streams);
    process.exit(this.exitCode);
  }

  /** Exits at the end of the grace, whatever is still there. */
  private limit(graceMs: number): void {
    if (graceMs <= 0) process.exit(this.exitCode);
    const exitsAt = performance.now() + graceMs + LAST_MOMENT_MS;
    if (exitsAt >= this.exitsAt || graceMs + LAST_MOMENT_MS > MAX_TIMER_MS) return;
    this.exitsAt = exitsAt;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => process.exit(this.exitCode), graceMs + LAST_MOMENT_MS).unref();
  }
}

/** Calls the listeners for SIGTERM, as the system's signal would: what they throw is nobody's to catch. */
function tell(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      resolve();
      (process.emit as (name: string, ...args: unknown[]) => boolean)("SIGTERM", "SIGTERM", constants.signals.SIGTERM);
    });
  });
}
