/** Signals, and errors that belong to no request, as one wish: that the server ends in good order. */
import { type ErrorLog, plainRecord } from "../log/index.ts";

/** npm sends its child the Ctrl-C that the terminal has already sent it: that is one signal, not two. */
const SAME_SIGNAL_MS = 500;

/** Listens to the process from when it is made. */
export class StopRequest {
  /** Resolves with the exit code at the first request. A second one, later, ends the process at once. */
  readonly exitCode: Promise<number>;
  private readonly log: ErrorLog;
  private resolve: (exitCode: number) => void = () => {};
  private requestedAt = Number.NaN;

  constructor(log: ErrorLog) {
    this.log = log;
    this.exitCode = new Promise((resolve) => {
      this.resolve = resolve;
    });
    // HUP: the terminal was closed.
    for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(name, () => this.request(name, 0));
    // It belongs to no request: the state of the process is unknown, so it does not take new ones.
    process.on("uncaughtException", (error, origin) => {
      log.write({ level: "error", event: "cli:uncaught", text: origin, thrown: { error } });
      this.request("stopping because of that error", 1);
    });
  }

  private request(why: string, exitCode: number): void {
    if (performance.now() - this.requestedAt < SAME_SIGNAL_MS) return;
    if (!Number.isNaN(this.requestedAt)) process.exit(1);
    this.requestedAt = performance.now();
    this.log.write(plainRecord("info", "cli", `${why}: finishing what runs`));
    this.resolve(exitCode);
  }
}
