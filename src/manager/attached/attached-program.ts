/** A program that runs beside the workers as long as their master does: started again when it ends. */
import { afterFailure, delayOf, noFailures } from "../../throttle.ts";
import type { Level } from "../master/manager-log.ts";
import { commandEnd } from "../master/exit-reason.ts";
import type { RunningCommand } from "./running-command.ts";

export interface AttachedProgramOptions {
  /** For the log. */
  readonly name: string;
  readonly start: () => RunningCommand;
  readonly tell: (level: Level, text: string) => void;
}

export class AttachedProgram {
  private readonly options: AttachedProgramOptions;
  private readonly done: Promise<void>;
  private running: RunningCommand | undefined;
  private isStopping = false;
  private wake: () => void = () => {};

  /** Starts it. */
  constructor(options: AttachedProgramOptions) {
    this.options = options;
    this.done = this.keepRunning();
  }

  /** Resolves when it has ended, with all that it has started. `graceMs`: from TERM to KILL; a second call may shorten it. */
  stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    this.running?.stop(graceMs);
    this.wake();
    return this.done;
  }

  private async keepRunning(): Promise<void> {
    const { name, start, tell } = this.options;
    let failures = noFailures;
    while (!this.isStopping) {
      this.running = start();
      if (this.running.pid !== 0) tell("info", `${name} is started, pid ${this.running.pid}`);
      const end = commandEnd(await this.running.ended);
      // A member that `stop` may have changed meanwhile.
      if (this.isStopping as boolean) {
        tell("info", `${name} has ended: ${end}`);
        return;
      }
      failures = afterFailure(failures, performance.now());
      const delayMs = delayOf(failures);
      const when = delayMs === 0 ? "at once" : `in ${delayMs / 1_000} s`;
      tell("error", `${name} has ended: ${end}; it is started again ${when}`);
      await this.pause(delayMs);
    }
  }

  private pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
