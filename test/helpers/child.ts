/** A program started by a test, what it prints, and its end. */
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";

/** A program that is silent for so long where it should say something is not waited for any more. */
export const LONG_MS = 120_000;

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What is run instead of Node. */
  readonly program?: string;
  /** User and group to run as; only root can choose. */
  readonly uid?: number;
  /** Descriptors of ours that the child gets as 3, 4, ...; a new pipe between us and it. */
  readonly fds?: readonly (number | "pipe")[];
  /** Where they go instead of to us. */
  readonly stdout?: number;
  readonly stderr?: number;
}

export class Child implements AsyncDisposable {
  /** All that came so far. */
  stdout = "";
  stderr = "";
  readonly process: ChildProcess;
  private readonly output = new EventEmitter();
  private readonly exited: Promise<number | string>;

  /** Runs Node, or `program`, with `args`. Ended at the end of the test at the latest. */
  constructor(args: readonly string[], options: ChildOptions = {}) {
    this.process = spawn(options.program ?? process.execPath, args, {
      stdio: ["ignore", options.stdout ?? "pipe", options.stderr ?? "pipe", ...(options.fds ?? [])],
      cwd: options.cwd,
      // A test run with colours is not about those of the program.
      env: { ...process.env, FORCE_COLOR: undefined, ...options.env },
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.output.emit("more");
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.output.emit("more");
    });
    this.exited = once(this.process, "close").then(([code, signal]: (number | string)[]) => code ?? signal ?? "?");
    void this.exited.then(() => this.output.emit("more"));
  }

  /** Waits until a stream has printed what matches; rejects when the program ends before, or nothing comes for `LONG_MS`. */
  async printed(stream: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[stream]);
      if (match !== null) return match;
      const { exitCode, signalCode } = this.process;
      if (exitCode !== null || signalCode !== null) throw this.unprinted("ended without printing", pattern);
      try {
        await once(this.output, "more", { signal: AbortSignal.timeout(LONG_MS) });
      } catch (error) {
        throw this.unprinted(`said nothing for ${LONG_MS} ms instead of`, pattern, error);
      }
    }
  }

  private unprinted(what: string, pattern: RegExp, cause?: unknown): Error {
    return new Error(`${what} ${pattern}:\n${this.stdout}\n${this.stderr}`, { cause });
  }

  /** The exit code, or the name of the signal, once all output has come. */
  exit(): Promise<number | string> {
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exited;
  }
}
