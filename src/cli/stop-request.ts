/** Signals, and errors that belong to no request, as one wish: that the server ends in good order. */
import { type ErrorLog, plainRecord } from "../log/index.ts";
import { servedExitCode } from "../process/index.ts";
import { isHeardByOthers } from "./early-signals.ts";

/** npm sends its child the Ctrl-C that the terminal has already sent it: that is one signal, not two. */
const SAME_SIGNAL_MS = 500;

/** What is for a master to obey, and would end any other process: it is sent to a service by its name, or to a group. */
const needsMaster = [
  ["SIGUSR1", "there are no log files to open anew"],
  ["SIGUSR2", "there is no master to be upgraded"],
] as const;

/** Listens to the process from when it is made. */
export class StopRequest {
  /** Resolves at the first request. A second signal, later, ends the process at once. */
  readonly made: Promise<void>;
  private readonly log: ErrorLog;
  private resolve: () => void = () => {};
  private madeAt = Number.NaN;
  private hasFailed = false;
  private isHandled = false;

  constructor(log: ErrorLog) {
    this.log = log;
    this.made = new Promise((resolve) => {
      this.resolve = resolve;
    });
    for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => this.onSignal(name));
    // The terminal was closed. Without one it is somebody who wants a reload, or has started us by `nohup`.
    process.on("SIGHUP", () => {
      if ([process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY)) this.onSignal("SIGHUP");
      else this.log.write(plainRecord("warn", "cli", "SIGHUP ignored: there is no terminal, and nothing is reloaded"));
    });
    for (const [name, why] of needsMaster) {
      process.on(name, () => {
        if (!isHeardByOthers(name)) this.log.write(plainRecord("warn", "cli", `${name} ignored: ${why}`));
      });
    }
    process.on("uncaughtException", (error, origin) => {
      // It has been told itself, and goes on or ends as it likes.
      if (process.listenerCount("uncaughtException") > 1) return;
      log.write({ level: "error", event: "cli:uncaught", text: origin, thrown: { error } });
      // It belongs to no request: the state of the process is unknown, so it does not take new ones.
      this.hasFailed = true;
      this.make("stopping because of that error");
    });
  }

  /** That of the process: errors count that have come before or behind the request. */
  get exitCode(): number {
    return servedExitCode(this.hasFailed);
  }

  /**
   * True when the application itself listens to the signal that came: it may have something to finish, and end the
   * process.
   */
  get isApplicationTold(): boolean {
    return this.isHandled;
  }

  /** A request that is no signal. `why` is logged. */
  make(why: string): void {
    if (!Number.isNaN(this.madeAt)) return;
    this.madeAt = performance.now();
    this.log.write(plainRecord("info", "cli", `${why}: finishing what runs`));
    this.resolve();
  }

  private onSignal(name: NodeJS.Signals): void {
    this.isHandled ||= isHeardByOthers(name);
    const sinceMs = performance.now() - this.madeAt;
    if (sinceMs >= SAME_SIGNAL_MS) process.exit(1);
    this.make(name);
  }
}
