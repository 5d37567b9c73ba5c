/** A command that is run when its time comes; never twice at a time. */
import { commandEnd } from "../master/exit-reason.ts";
import type { AttachedProgramOptions } from "./attached-program.ts";
import type { RunningCommand } from "./running-command.ts";

export interface JobOptions extends AttachedProgramOptions {
  /** Calls at each of its times, until the answered function is called. */
  readonly follow: (tell: () => void) => () => void;
}

export class Job {
  private readonly options: JobOptions;
  private readonly unfollow: () => void;
  private running: RunningCommand | undefined;
  private done: Promise<void> = Promise.resolve();

  constructor(options: JobOptions) {
    this.options = options;
    this.unfollow = options.follow(() => this.run());
  }

  /** Runs no more; resolves when what runs has ended. `graceMs`: from TERM to KILL; a second call may shorten it. */
  stop(graceMs: number): Promise<void> {
    this.unfollow();
    this.running?.stop(graceMs);
    return this.done;
  }

  private run(): void {
    const { name, start, tell } = this.options;
    if (this.running !== undefined) {
      tell("warn", `${name} is left out this time: it still runs, pid ${this.running.pid}`);
      return;
    }
    const running = start();
    this.running = running;
    tell("info", `${name} is started, pid ${running.pid}`);
    this.done = running.ended.then((end) => {
      this.running = undefined;
      tell(end.code === 0 ? "info" : "error", `${name} has ended: ${commandEnd(end)}`);
    });
  }
}
