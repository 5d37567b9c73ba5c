/**
 * A real front end that runs in the foreground for a test: a folder of its own, a port of its own,
 * gone when stopped. What is particular to nginx, Apache and the others is in their own files.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { accepts } from "./accepts.ts";
import { findProgram } from "./find-program.ts";

/** What a configuration may need to know before the program runs. */
export interface Place {
  /** TCP port of 127.0.0.1 to listen on. */
  readonly port: number;
  /** Absolute path of the directory that the program keeps its files in. */
  readonly prefix: string;
}

/** A configuration that was written, and how the program is started with it. */
export interface Prepared {
  readonly args: readonly string[];
  /** Written by the program once its sockets listen. */
  readonly pidFile: string;
  /** The error log; may be missing when all errors go to stderr. */
  readonly log?: string;
}

export interface FrontEndProgram {
  /** Name of the program. */
  readonly name: string;
  /** Writes the configuration. */
  prepare(place: Place): Promise<Prepared>;
  /** What asks it to leave, then what insists 2 s later. */
  readonly signals: readonly [ask: NodeJS.Signals, insist: NodeJS.Signals];
}

export interface PlaceOptions {
  /** TCP port of 127.0.0.1 that the configuration listens on; a free one unless given. */
  readonly port?: number;
  /** Existing directory to use as prefix, left in place by `stop`; a temporary one unless given. */
  readonly prefix?: string;
  /** Longest wait in milliseconds until the port accepts. Default 10 000. */
  readonly startMs?: number;
}

export interface FrontEndProcess extends Place, AsyncDisposable {
  readonly pid: number;
  /** Asks the program to leave, insists, and waits for its exit. Idempotent. */
  stop(): Promise<void>;
  /** What it wrote to stderr, then to its log. Still there after `stop`. */
  errorLog(): Promise<string>;
}

/**
 * Starts a front end and answers when its port accepts. Throws, with the program's own words, when it
 * does not come up.
 */
export async function startFrontEnd(program: FrontEndProgram, options: PlaceOptions = {}): Promise<FrontEndProcess> {
  const binary = findProgram(program.name);
  if (binary === undefined) throw new Error(`no ${program.name} in PATH, /usr/sbin or /usr/local/sbin`);
  const { port = await freePort(), startMs = 10_000 } = options;
  const ownPrefix = options.prefix === undefined;
  const prefix =
    options.prefix === undefined ? await mkdtemp(join(tmpdir(), `uisge-${program.name}-`)) : resolve(options.prefix);
  const removeOwnPrefix = async (): Promise<void> => {
    if (ownPrefix) await rm(prefix, { recursive: true, force: true });
  };

  let prepared: Prepared;
  try {
    prepared = await program.prepare({ port, prefix });
  } catch (error) {
    await removeOwnPrefix();
    throw error;
  }
  const { args, pidFile, log } = prepared;
  const child = spawn(binary, args, { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const exited = once(child, "exit");
  // Only `stop` and `ready` look at it; a failed spawn is reported by `ready`.
  exited.catch(() => {});
  const killWithUs = (): void => void child.kill("SIGTERM");
  process.once("exit", killWithUs);

  let lastLog: string | undefined;
  const errorLog = async (): Promise<string> => lastLog ?? stderr + (log === undefined ? "" : await readOrEmpty(log));
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      await end(child, exited, program.signals);
      process.off("exit", killWithUs);
      lastLog = await errorLog();
      await removeOwnPrefix();
    })());

  try {
    await ready(child, { port, pidFile, deadline: performance.now() + startMs });
  } catch (error) {
    await stop();
    throw new Error(`${program.name} did not start: ${await errorLog()}`, { cause: error });
  }
  return { port, prefix, pid: child.pid as number, stop, errorLog, [Symbol.asyncDispose]: stop };
}

/** True when this process may do all; programs then need to be told as whom they shall run. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** A TCP port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/**
 * The pid file is there once all sockets listen. Somebody else who took the port meanwhile would
 * accept as well, so the number in that file has to be the child's.
 */
async function ready(
  child: ChildProcess,
  { port, pidFile, deadline }: { port: number; pidFile: string; deadline: number },
): Promise<void> {
  const failed = new AbortController();
  const fail = (reason: unknown): void => failed.abort(reason);
  const left = (code: number | null, signal: string | null): void => fail(new Error(`exit ${code ?? signal}`));
  child.once("error", fail).once("exit", left);
  try {
    for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, 100)) {
      const pid = Number.parseInt(await readOrEmpty(pidFile), 10);
      if (pid === child.pid && (await accepts({ host: "127.0.0.1", port }))) return;
      failed.signal.throwIfAborted();
      if (performance.now() > deadline) throw new Error(`port ${port} does not accept`);
      await delay(pauseMs);
    }
  } finally {
    child.off("error", fail).off("exit", left);
  }
}

/** KILL is for a program that is stuck. */
async function end(
  child: ChildProcess,
  exited: Promise<unknown>,
  [ask, insist]: FrontEndProgram["signals"],
): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(ask);
  const insisting = setTimeout(() => child.kill(insist), 2_000);
  const forcing = setTimeout(() => child.kill("SIGKILL"), 5_000);
  try {
    await exited;
  } finally {
    clearTimeout(insisting);
    clearTimeout(forcing);
  }
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
