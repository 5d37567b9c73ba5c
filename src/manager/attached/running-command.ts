/** A command that runs, with all that it starts in its process group. */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { followOutput } from "../output/process-output.ts";
import type { Printed } from "../output/printed-record.ts";
import type { CommandEnd } from "../master/exit-reason.ts";
import type { CommandLaunch } from "./launch-command.ts";
import { isGroupRunning, signalGroup } from "./process-group.ts";
import type { Warden } from "./warden.ts";

/** How often is looked whether a group is empty, of which nobody tells. */
const LOOK_MS = 50;

/** A killed process may stay for a while in a system call, or for ever where nobody waits for it. */
const AFTER_KILL_MS = 1_000;

/** Behind the end of its group, for what is still in the pipes: who has left the group may hold them open. */
const LAST_WORDS_MS = 250;

/** Who is told what a command prints. */
export interface CommandReader {
  readonly linesPerSecond: number;
  onPrinted(printed: Printed, pid: number): void;
}

/** Node's timers go no further. */
const MOST_TIMER_MS = 2 ** 31 - 1;

export class RunningCommand {
  /** Resolves when it has ended and nothing is left of its group. */
  readonly ended: Promise<CommandEnd>;
  readonly pid: number;
  private readonly warden: Warden;
  private readonly graceMs: number;
  private killAt: number | undefined;
  private isOver = false;
  private timer: NodeJS.Timeout | undefined;

  /**
   * Starts it. Does not throw: that it cannot be started is its end. `graceMs`: for what it leaves behind; `reader`:
   * default none, what it prints goes where ours goes.
   */
  constructor(launch: CommandLaunch, warden: Warden, graceMs: number, reader?: CommandReader) {
    this.warden = warden;
    this.graceMs = graceMs;
    let child: ChildProcess | undefined;
    let unborn: Error | undefined;
    const printed = reader === undefined ? "inherit" : "pipe";
    try {
      child = spawn(launch.file, launch.args, {
        stdio: ["ignore", printed, printed],
        env: launch.env,
        detached: true,
        ...(launch.uid === undefined ? {} : { uid: launch.uid }),
        ...(launch.gid === undefined ? {} : { gid: launch.gid }),
      });
    } catch (error) {
      unborn = error as Error;
    }
    this.pid = child?.pid ?? 0;
    if (this.pid !== 0) this.warden.add(this.pid);
    this.ended =
      child === undefined ? Promise.resolve({ code: null, signal: null, unborn }) : this.follow(child, reader);
  }

  /** TERM to its group now, KILL after `graceMs`; a second call may shorten that. */
  stop(graceMs: number): void {
    // Its group may be somebody else's by now.
    if (this.isOver) return;
    const killAt = performance.now() + Math.min(graceMs, MOST_TIMER_MS);
    if (this.killAt === undefined) signalGroup(this.pid, "SIGTERM");
    else if (killAt >= this.killAt) return;
    this.killAt = killAt;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => signalGroup(this.pid, "SIGKILL"), killAt - performance.now());
  }

  private async follow(child: ChildProcess, reader: CommandReader | undefined): Promise<CommandEnd> {
    const printed = this.read(child, reader);
    const end = await endOf(child);
    if (this.pid === 0) {
      this.isOver = true;
      return end;
    }
    // What it has started is not left behind.
    if (isGroupRunning(this.pid)) this.stop(this.graceMs);
    while (isGroupRunning(this.pid)) {
      if (performance.now() > (this.killAt ?? 0) + AFTER_KILL_MS) break;
      await delay(LOOK_MS);
    }
    this.isOver = true;
    clearTimeout(this.timer);
    this.warden.drop(this.pid);
    await printed();
    return end;
  }

  /** Answers what waits until all has been told that it has printed; who has left its group may print on. */
  private read(child: ChildProcess, reader: CommandReader | undefined): () => Promise<void> {
    if (reader === undefined) return () => Promise.resolve();
    let onEnd = (): void => {};
    const ended = new Promise<void>((resolve) => {
      onEnd = resolve;
    });
    const onPrinted = (printed: Printed): void => reader.onPrinted(printed, this.pid);
    const output = followOutput(child, reader.linesPerSecond, { onPrinted, onEnd });
    return async () => {
      if (output?.isOver === false) await Promise.race([ended, delay(LAST_WORDS_MS)]);
      output?.settle();
    };
  }
}

function endOf(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.on("error", (unborn) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, unborn });
    });
  });
}
