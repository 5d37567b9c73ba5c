/**
 * Processes that have ended and are waited for by nobody, as children of process 1: the system gives it those whose own
 * parent has ended, and Node.js waits only for what it has started itself. Nothing that it offers waits for others.
 */
import { readFileSync } from "node:fs";

export interface Zombie {
  readonly pid: number;
  /** Of the program, cut by the system to 15 bytes. */
  readonly name: string;
}

/** A process may have many children that live; the last are those that came last. */
const MOST = 256;

/**
 * Those of the main thread, which is the one that is given orphans; among them may be children that have ended this
 * moment. Empty where the system does not tell.
 */
export function zombiesOf(pid: number): Zombie[] {
  const children = textOf(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).slice(-MOST);
  return children.flatMap((child) => readZombie(textOf(`/proc/${child}/stat`)) ?? []);
}

/** From a line of `/proc/PID/stat`; undefined for a process that runs. */
export function readZombie(stat: string): Zombie | undefined {
  // The name may have any character in it.
  const [, pid, name, state] = /^(\d+) \((.*)\) (\S)/s.exec(stat) ?? [];
  return state === "Z" && name !== undefined ? { pid: Number(pid), name } : undefined;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1").trim();
  } catch {
    // Gone meanwhile; or not Linux.
    return "";
  }
}
