/**
 * A new master in place of the old one, without a moment in which nobody serves: the old one starts the same command
 * line, hands its sockets over, and leaves once the new one's workers are ready. What goes wrong until then leaves all as
 * it was.
 *
 * They speak over a pipe, a line each way:
 *
 *     new: ready     its workers accept
 *     old: yours     pid file, control socket and announcements are yours; the paths of sockets too
 *
 * The end of the pipe says that the other has died.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { UwsgiError } from "../../errors.ts";
import { startFolder } from "../../process/index.ts";
import { exitReason } from "../master/exit-reason.ts";

/** Set in the new master: pid of the old one. */
const NAME = "UISGE_PREDECESSOR";

/** The pipe, in the new master; the sockets come behind it. */
const PIPE_FD = 3;
export const FIRST_HANDED_FD: number = PIPE_FD + 1;

const READY = "ready\n";
const YOURS = "yours\n";

/** How often a new master looks whether its parent still lives. */
const LOOK_MS = 50;

/** How a successor is started. */
export interface SuccessorOptions {
  /** From `Sockets.handover(FIRST_HANDED_FD)`. */
  readonly env: Readonly<Record<string, string>>;
  readonly fds: readonly number[];
  /** Most milliseconds until its workers are ready. */
  readonly withinMs: number;
  /** Default: the command line of this process. */
  readonly command?: readonly string[];
  /** It has failed, and is told to end: most milliseconds for that. */
  readonly graceMs: number;
  /** No new master is wanted any more. */
  readonly signal: AbortSignal;
}

/** A new master that is ready. */
export interface Successor {
  readonly pid: number;
  /** All is its. */
  takeOver(): void;
}

/** Rejects with a UwsgiError (`UWSGI_UPGRADE_FAILED`) that says why there is no new master. */
export async function startSuccessor(options: SuccessorOptions): Promise<Successor> {
  const [program = process.execPath, ...args] = options.command ?? ownCommand();
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: startFolder,
      stdio: ["inherit", "inherit", "inherit", "pipe", ...options.fds],
      env: { ...process.env, ...options.env, [NAME]: String(process.pid) },
    });
  } catch (error) {
    throw failed((error as Error).message);
  }
  // What could not be started may have no pipes, and its error is told in a moment.
  const pipe = child.stdio?.[PIPE_FD] as Duplex | null | undefined;
  pipe?.on("error", () => {});
  const failure = await failureOf(child, pipe, options);
  if (failure !== undefined) {
    pipe?.destroy();
    end(child, options.graceMs);
    throw failed(failure);
  }
  return {
    pid: child.pid ?? 0,
    takeOver: () => {
      // It goes on without us.
      child.removeAllListeners();
      child.unref();
      pipe?.end(YOURS);
      (pipe as Socket | undefined)?.unref();
    },
  };
}

function failed(why: string): UwsgiError {
  return new UwsgiError(`no new master has taken over: ${why}`, { code: "UWSGI_UPGRADE_FAILED" });
}

function ownCommand(): readonly string[] {
  return [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
}

/** Undefined once it is ready. */
function failureOf(
  child: ChildProcess,
  pipe: Duplex | null | undefined,
  { withinMs, signal }: Pick<SuccessorOptions, "withinMs" | "signal">,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(`it was not ready within ${withinMs / 1_000} s`), withinMs);
    const onAbort = (): void => settle(String(signal.reason));
    const settle = (failure: string | undefined): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      resolve(failure);
    };
    signal.addEventListener("abort", onAbort);
    child.on("error", (error) => settle(error.message));
    child.on("exit", (code, by) => settle(`it has ended: ${exitReason({ code, signal: by })}`));
    // The pipe ends with it: then its exit says more, a moment later.
    pipe?.on("data", (bytes: Buffer) => bytes.includes(READY) && settle(undefined));
  });
}

/** It may have workers that have begun with requests. */
function end(child: ChildProcess, graceMs: number): void {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), Math.min(graceMs + 5_000, 2 ** 31 - 1));
  timer.unref();
  child.once("exit", () => clearTimeout(timer));
}

/** The old master, as the new one sees it. */
export class Predecessor {
  readonly pid: number;
  private readonly pipe: Socket;
  private told = "";
  /** Listened for from the beginning: the old master may die at any time. */
  private readonly over: Promise<unknown>;

  private constructor(pid: number, pipe: Socket) {
    this.pid = pid;
    this.pipe = pipe;
    this.over = new Promise((resolve) => pipe.once("close", resolve));
    pipe.setEncoding("utf8").on("data", (text: string) => (this.told += text));
  }

  /** Undefined where there is none. Removes it from `env`. */
  static take(env: NodeJS.ProcessEnv = process.env): Predecessor | undefined {
    const text = env[NAME];
    delete env[NAME];
    // A variable that was left behind by somebody has another parent's pid.
    if (text === undefined || Number(text) !== process.ppid) return undefined;
    const pipe = new Socket({ fd: PIPE_FD, readable: true, writable: true });
    pipe.on("error", () => {});
    const predecessor = new Predecessor(process.ppid, pipe);
    // A new master that cannot serve ends, whoever waits for it.
    pipe.unref();
    return predecessor;
  }

  /** Says that this one serves; resolves when all is its, which is also so when the old one has died. */
  async relieve(): Promise<void> {
    if (this.pipe.writable) this.pipe.write(READY);
    await this.over;
    if (this.told === YOURS) return;
    // It has died, or does not want us: then its signal comes. A process has a new parent once its own has ended.
    while (process.ppid === this.pid) await delay(LOOK_MS);
  }
}
