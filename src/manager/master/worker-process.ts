/**
 * A worker as the master has it: a process, the pipe to it, and how it ends. Whatever comes over the pipe, and whatever
 * becomes of the process, is told by four calls; nothing is left behind the last of them.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { errorCode, ProtocolError } from "../../errors.ts";
import type { WorkerEnd } from "./exit-reason.ts";
import { LineChannel, type Message } from "../channel/line-channel.ts";
import { CHANNEL_FD, type FromWorker, type ToWorker } from "../channel/messages.ts";
import { writeSetup } from "../channel/read-setup.ts";
import { readWorkerMessage } from "../channel/read-worker-message.ts";
import type { WorkerSetup } from "../channel/worker-setup.ts";
import type { Printed } from "../output/printed-record.ts";
import { followOutput, type ProcessOutput } from "../output/process-output.ts";

/** How a worker is started. */
export interface WorkerLaunch {
  /** Arguments of node: its options, and the program. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Sockets, and what its logs go to; the worker has them from descriptor 4 on. */
  readonly fds: readonly number[];
  /** What it prints is read, so many lines a second of each stream. Default: it goes where the master's goes. */
  readonly captureRate?: number;
  readonly setup: WorkerSetup;
}

export interface WorkerOwner {
  onMessage(message: FromWorker): void;
  onPrinted(printed: Printed): void;
  /** It has said something of a kind that there is not. */
  onUnknown(kind: string): void;
  /** The pipe has ended before the process: it hears of nothing but signals. With why, where that was not its own will. */
  onDeaf(error: Error | undefined): void;
  /** The last call. */
  onEnd(end: WorkerEnd): void;
}

/** Behind the end of the process, for what is still in the pipes: somebody it has started may hold them open. */
const LAST_WORDS_MS = 250;

/** Behind the end of the pipe: most often the process ends with it, which says more. */
const DEAF_MS = 1_000;

/**
 * A worker says a few dozen things in a second, and answers what it is asked. One that says more would keep the master from
 * everything else, the judgement of others included.
 */
const MOST_A_SECOND = 5_000;

export class WorkerProcess {
  private readonly child: ChildProcess | undefined;
  private readonly pipe: Duplex | undefined;
  private readonly channel: LineChannel<ToWorker, Message> | undefined;
  private readonly output: ProcessOutput | undefined;
  private readonly owner: WorkerOwner;
  private killedFor: string | undefined;
  private failed: { readonly message: string } | undefined;
  private exit: Pick<WorkerEnd, "code" | "signal"> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isDeaf = false;
  private isOver = false;
  /** What it has said in the second that began then. */
  private said = 0;
  private secondAt = 0;

  /** Starts it. Does not throw: that it cannot be started is its end, told later. */
  constructor(launch: WorkerLaunch, owner: WorkerOwner) {
    this.owner = owner;
    const printed = launch.captureRate === undefined ? "inherit" : "pipe";
    try {
      this.child = spawn(process.execPath, launch.args, {
        stdio: ["ignore", printed, printed, "pipe", ...launch.fds],
        env: launch.env,
      });
    } catch (error) {
      setImmediate(() => this.end(error as Error));
      return;
    }
    this.child.on("exit", (code, signal) => this.onExit(code, signal));
    // Also that a signal could not be sent: only the end of what never began is an end.
    this.child.on("error", (error) => {
      if (this.child?.pid === undefined) this.end(error);
    });
    // A process that was not started may have no pipe.
    const pipe = this.child.stdio?.[CHANNEL_FD] as Duplex | null | undefined;
    if (this.child.pid === undefined || pipe === null || pipe === undefined) return;
    this.pipe = pipe;
    this.output = followOutput(this.child, launch.captureRate, {
      onPrinted: (line) => owner.onPrinted(line),
      onEnd: () => this.endIfSilent(),
    });
    this.channel = new LineChannel(pipe, {
      onMessage: (message) => this.onMessage(message),
      onEnd: (error) => this.onChannelEnd(error),
    });
    this.channel.send({ kind: "setup", setup: writeSetup(launch.setup) });
  }

  /** 0 for what could not be started. */
  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** By signal where the pipe has ended. */
  stop(graceMs: number, behindQueue: boolean): void {
    if (!this.tell({ kind: "stop", graceMs, behindQueue })) this.signal("SIGTERM");
  }

  /** False when it cannot be told. */
  tell(message: ToWorker): boolean {
    return !this.isDeaf && this.channel?.send(message) === true;
  }

  /** `why`: for the log, once it has ended. */
  kill(why: string): void {
    this.killedFor ??= why;
    this.signal("SIGKILL");
  }

  private signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  private onMessage(said: Message): void {
    if (this.isDeaf) return;
    this.count();
    const message = readWorkerMessage(said);
    if (message?.kind === "failed") this.failed = message;
    if (message === undefined) this.owner.onUnknown(said.kind);
    else this.owner.onMessage(message);
  }

  private count(): void {
    const now = performance.now();
    if (now - this.secondAt > 1_000) {
      this.secondAt = now;
      this.said = 0;
    }
    if (++this.said <= MOST_A_SECOND) return;
    throw new ProtocolError(`the other process has sent more than ${MOST_A_SECOND} messages in a second`, {
      code: "UWSGI_BAD_MESSAGE",
    });
  }

  private onChannelEnd(error: Error | undefined): void {
    if (this.isDeaf) return;
    this.isDeaf = true;
    if (this.exit !== undefined) this.endIfSilent();
    // One that has sent rubbish may end without a word about that.
    else if (errorCode(error) === "UWSGI_BAD_MESSAGE") this.owner.onDeaf(error);
    else this.timer = setTimeout(() => this.owner.onDeaf(error), DEAF_MS);
  }

  private onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.exit = { code, signal };
    clearTimeout(this.timer);
    // What has come by then is read before: nobody is left who could hold us up.
    this.timer = setTimeout(() => setImmediate(() => this.end()), LAST_WORDS_MS);
    this.endIfSilent();
  }

  /** It has ended, and nothing more can come of it. */
  private endIfSilent(): void {
    if (this.exit === undefined || this.output?.isOver === false) return;
    if (this.isDeaf || this.channel === undefined) this.end();
  }

  private end(unborn?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.isDeaf = true;
    clearTimeout(this.timer);
    this.output?.settle();
    this.pipe?.destroy();
    const { code = null, signal = null } = this.exit ?? {};
    this.owner.onEnd({ code, signal, killedFor: this.killedFor, failed: this.failed, unborn });
  }
}
