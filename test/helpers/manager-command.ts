/** A master by the real command, `uisge serve -p 2 ...`, with an application that misbehaves as it is asked to. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, parseAddress } from "../../src/connection/index.ts";
import { askManager } from "../../src/manager/control/control-client.ts";
import type { ControlCommand } from "../../src/manager/control/control-messages.ts";
import type { ManagerStatus } from "../../src/manager/status.ts";
import { Child, type ChildOptions } from "./child.ts";
import { until } from "./measure.ts";
import { projectRoot } from "./project.ts";
import { ask, get } from "./raw-client.ts";
import { tempFolder, type TempFolder } from "./temp-folder.ts";
import type { TransportKind } from "./test-server.ts";

const COMMAND = join(projectRoot, "dist/cli/main.js");
const APPLICATION = join(projectRoot, "build/test/programs/fault-app.js");

/** The application as it is: `fault-app`, from a file that a test may replace. */
export const SOUND = `export { application } from ${JSON.stringify(APPLICATION)};\n`;

/** For a machine that is busy with something else. */
const MOST_MS = 30_000;

export interface CommandOptions extends ChildOptions {
  /** Of the address. Default unix. */
  readonly kind?: TransportKind;
  readonly workers?: number;
  /** Of `uisge serve`, beside socket, control and number of workers. */
  readonly flags?: readonly string[];
  /** Of the module. Default `SOUND`. */
  readonly source?: string;
}

export class ManagerCommand implements AsyncDisposable {
  readonly child: Child;
  readonly folder: TempFolder;
  private listening: Address | undefined;

  private constructor(child: Child, folder: TempFolder) {
    this.child = child;
    this.folder = folder;
  }

  /** Runs the command; see `start`. */
  static begin({
    kind = "unix",
    workers = 2,
    flags = [],
    source = SOUND,
    ...options
  }: CommandOptions = {}): ManagerCommand {
    const folder = tempFolder();
    writeFileSync(folder.file("app.mjs"), source);
    const socket = kind === "unix" ? folder.file("app.sock") : "127.0.0.1:0";
    const args = ["serve", folder.file("app.mjs"), "--socket", socket, "--processes", String(workers)];
    args.push("--control", folder.file("control.sock"), "--allow-root", "--access-log", "off", ...flags);
    return new ManagerCommand(new Child([COMMAND, ...args], { cwd: folder.path, ...options }), folder);
  }

  /** Resolves when all workers serve. */
  static async start(options: CommandOptions = {}): Promise<ManagerCommand> {
    const manager = ManagerCommand.begin(options);
    await manager.serves();
    return manager;
  }

  async serves(): Promise<void> {
    const [, address = ""] = await this.logged(/listening on ([^\s"]+)/);
    this.listening = parseAddress(address);
    await this.ready();
  }

  get pid(): number {
    return this.child.process.pid ?? 0;
  }

  get address(): Address {
    if (this.listening === undefined) throw new Error("it does not listen yet");
    return this.listening;
  }

  /** The module from now on. */
  write(source: string): void {
    writeFileSync(this.folder.file("app.mjs"), source);
  }

  signal(name: NodeJS.Signals): void {
    this.child.process.kill(name);
  }

  /** Waits until it has written that to standard error; rejects, with what it has written, when it does not. */
  async logged(pattern: RegExp): Promise<RegExpExecArray> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${pattern} is not in:\n${this.child.stderr}`)), MOST_MS);
    });
    try {
      return await Promise.race([this.child.printed("stderr", pattern), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the command of that name is done by. */
  async tell(command: ControlCommand): Promise<void> {
    await askManager(this.folder.file("control.sock"), command, "a test");
  }

  async status(): Promise<ManagerStatus> {
    const { status } = await askManager(this.folder.file("control.sock"), { command: "status" }, "a test");
    if (status === undefined) throw new Error("no status");
    return status;
  }

  /** Waits until so many requests run; the pids of their workers. */
  async running(count: number): Promise<number[]> {
    let pids: number[] = [];
    const look = async (): Promise<boolean> => {
      pids = [];
      await askManager(this.folder.file("control.sock"), { command: "requests" }, "a test", (line) => {
        if ("request" in line) pids.push(line.request.pid);
      });
      return pids.length === count;
    };
    await until(look, MOST_MS, `${count} requests run`);
    return pids;
  }

  /** Waits until the status is as it should be; the status. */
  async until(
    isSo: (status: ManagerStatus) => boolean,
    what: string,
    mostMs: number = MOST_MS,
  ): Promise<ManagerStatus> {
    let status: ManagerStatus | undefined;
    await until(
      async () => ((status = await this.status().catch(() => undefined)), status !== undefined && isSo(status)),
      mostMs,
      what,
    );
    if (status === undefined) throw new Error("no status");
    return status;
  }

  /** Waits until as many workers as are wanted are ready, and there are no others; their pids. */
  async ready(mostMs?: number): Promise<number[]> {
    const { workers } = await this.until(
      ({ state, processes, workers: all }) =>
        state === "running" && all.length === processes && all.every((worker) => worker.state === "ready"),
      "all workers are ready",
      mostMs,
    );
    return workers.map(({ pid }) => pid);
  }

  /** The answer's text; rejects for any other than a whole 200. */
  async ask(path = "/pid", query = ""): Promise<string> {
    const { status, body, how } = await ask(this.address, get({ PATH_INFO: path, QUERY_STRING: query }));
    if (status !== 200 || how !== "end") throw new Error(`${status} ${body.slice(0, 100)}, ended by ${how}`);
    return body;
  }

  /** The pid of the worker that answers. */
  async whoAnswers(path?: string, query?: string): Promise<number> {
    return Number((await this.ask(path, query)).slice("pid ".length));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its workers leave with it.
    await this.child[Symbol.asyncDispose]();
    this.folder[Symbol.dispose]();
  }
}

/** Proportional memory in bytes: what is shared is not counted twice. */
export function memoryOf(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1]) * 1_024;
}

export function openFilesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Milliseconds of processor time that a process has taken, its children not counted. */
export function processorMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  // `utime` and `stime`, in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Children of a process, and how the system calls their state. */
export function childrenOf(pid: number): { readonly pid: number; readonly state: string }[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  return children.map((child) => ({
    pid: Number(child),
    state: readFileSync(`/proc/${child}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .slice(0, 1),
  }));
}

/** Whether a process of that pid runs: one that only waits for its parent to look at its end does not. */
export function runs(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");
  } catch {
    return false;
  }
}
