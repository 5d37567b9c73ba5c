/**
 * Tells systemd how the service is (sd_notify), by its own tool: Node.js has no datagrams on unix sockets. Loaded only
 * where NOTIFY_SOCKET is set.
 *
 * Units need `Type=notify` and `NotifyAccess=all`: the tool is not the main process.
 */
import { execFile } from "node:child_process";

const TOOL = "systemd-notify";

/** systemd that hangs is no reason to. */
const MOST_MS = 5_000;

export class SystemNotice {
  private readonly env: NodeJS.ProcessEnv;
  private readonly onError: (text: string) => void;
  private last: Promise<void> = Promise.resolve();
  private hasFailed = false;

  /** `onError` is told once. `env`: default that of the process. */
  constructor(onError: (text: string) => void, env: NodeJS.ProcessEnv = process.env) {
    this.onError = onError;
    this.env = { ...env };
  }

  /** It serves; `mainPid`: by this process from now on. */
  ready(status: string, mainPid?: number): Promise<void> {
    return this.send(["READY=1", `STATUS=${status}`, ...(mainPid === undefined ? [] : [`MAINPID=${mainPid}`])]);
  }

  /** Units of `Type=notify-reload` want to know since when, by a clock that is also ours. */
  reloading(): Promise<void> {
    return this.send(["RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`, "STATUS=reloading"]);
  }

  stopping(): Promise<void> {
    return this.send(["STOPPING=1", "STATUS=stopping"]);
  }

  /** One after the other: the last one said must be the last one heard. Does not reject. */
  private send(words: readonly string[]): Promise<void> {
    this.last = this.last.then(() => this.run(words));
    return this.last;
  }

  private run(words: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      execFile(TOOL, words, { env: this.env, timeout: MOST_MS }, (error) => {
        if (error !== null && !this.hasFailed) {
          this.hasFailed = true;
          this.onError(`systemd is not told how the service is: ${error.message.trim()}`);
        }
        resolve();
      });
    });
  }
}
