/** A backend that runs: started, asked, ended, and gone at the latest when we are. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { accepts } from "../../test/helpers/accepts.ts";
import type { Backend } from "../backends/index.ts";
import { endWithUs } from "./end-with-us.ts";
import { placeOf } from "./place.ts";
import { familyOf } from "./usage.ts";

export interface Start {
  readonly socket: string;
  readonly folder: string;
  readonly backlog: number;
  readonly idle?: boolean;
}

/** Longest wait until a backend accepts. */
const START_MS = 20_000;

/** So much of what it has printed is told when it does not start. */
const TOLD_CHARACTERS = 2_000;

export class BackendProcess implements AsyncDisposable {
  /** The process and its children. */
  readonly pids: readonly number[];
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;

  private constructor(child: ChildProcess, exited: Promise<unknown>, pid: number) {
    this.child = child;
    this.exited = exited;
    this.pids = familyOf(pid);
  }

  /** Starts it and waits until it accepts. Rejects, with its own words, when it does not. */
  static async start(backend: Backend, { socket, folder, backlog, idle = false }: Start): Promise<BackendProcess> {
    const own = join(folder, backend.name);
    mkdirSync(own, { recursive: true });
    // Left behind by the one before, which was killed; node:http would not listen there.
    if (socket.startsWith("/")) rmSync(socket, { force: true });
    const { program, args, takesOrders } = backend.command({ socket, backlog, idle, folder: own });
    const child = spawn(program, args, {
      cwd: own,
      stdio: ["ignore", "pipe", "pipe", ...(takesOrders ? (["ipc"] as const) : [])],
    });
    endWithUs(child);
    let output = "";
    const note = (text: string): void => void (output = (output + text).slice(-TOLD_CHARACTERS));
    child.stdout?.setEncoding("utf8").on("data", note);
    child.stderr?.setEncoding("utf8").on("data", note);
    const exited = once(child, "close");
    // `accepted` looks at the exit code.
    exited.catch(() => {});
    const { pid } = child;
    if (pid !== undefined && (await accepted(child, socket))) return new BackendProcess(child, exited, pid);
    child.kill("SIGKILL");
    await exited.catch(() => {});
    throw new Error(`${backend.title} did not start: ${firstError(output)}`);
  }

  /** Has a Node program collect its garbage. */
  async collectGarbage(): Promise<void> {
    this.child.send("collect");
    await once(this.child, "message");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }
}

async function accepted(child: ChildProcess, socket: string): Promise<boolean> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    if (await accepts(placeOf(socket))) return true;
    await delay(20);
  }
  return false;
}

/** The line of an uncaught error where there is one, else all there is. */
function firstError(output: string): string {
  return /^(?:\w*Error: )(.*)$/m.exec(output)?.[1] ?? (output.trim() || "it printed nothing");
}
