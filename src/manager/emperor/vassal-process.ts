/** A vassal that runs: the master of an instance, as its emperor has it. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { dirname } from "node:path";
import type { CommandEnd } from "../master/exit-reason.ts";
import { VASSAL_FD, vassalEnvironment } from "./vassalage.ts";

export interface VassalLaunch {
  /** Program and arguments that `uisge serve` is, here. */
  readonly serve: readonly [program: string, ...args: string[]];
  readonly args: readonly string[];
  /** Its folder is where the vassal runs. */
  readonly file: string;
  /** Whom the vassal is to be; default: who the emperor is. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

export class VassalProcess {
  private readonly child: ChildProcess | undefined;
  private readonly held = new Set<NodeJS.Signals>();
  private isListening = false;
  private isOver = false;

  /** Starts it. Does not throw: that it cannot be started is its end, told later. */
  constructor({ serve: [program, ...first], args, file, user }: VassalLaunch, onEnd: (end: CommandEnd) => void) {
    const end = (how: CommandEnd): void => {
      if (!this.isOver) onEnd(how);
      this.isOver = true;
    };
    const unborn = (error: Error): void => end({ code: null, signal: null, unborn: error });
    try {
      this.child = spawn(program, [...first, ...args], {
        // It has a group of its own: what a terminal sends to ours is for the emperor to pass on.
        detached: true,
        cwd: dirname(file),
        env: vassalEnvironment(process.env, process.pid),
        stdio: ["ignore", "inherit", "inherit", "pipe"],
        ...user,
      });
    } catch (error) {
      setImmediate(() => unborn(error as Error));
      return;
    }
    // It ends with us, and with nothing else. All that is said over it is that signals are heard.
    const pipe = this.child.stdio[VASSAL_FD] as Duplex | null | undefined;
    pipe?.on("error", () => {});
    pipe?.on("data", () => {
      this.isListening = true;
      for (const name of this.held) this.child?.kill(name);
      this.held.clear();
    });
    this.child.once("exit", (code, signal) => end({ code, signal }));
    this.child.on("error", (error) => {
      if (this.child?.pid === undefined) unborn(error);
    });
  }

  /** 0 for what could not be started. */
  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** What is no end waits until it is heard: before that, it would end Node or open a debugger. */
  signal(name: NodeJS.Signals): void {
    if (this.isOver) return;
    if (this.isListening || name === "SIGTERM" || name === "SIGINT") this.child?.kill(name);
    else this.held.add(name);
  }
}
