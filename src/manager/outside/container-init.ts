/** Whether all ends with this process, as a container does with its first: then no other process can take its place. */
import { readFileSync } from "node:fs";

/** Programs that are process 1 for the sake of one other, and end with it. Those of a whole system are not among them. */
const inits: ReadonlySet<string> = new Set([
  "tini",
  "tini-static",
  "docker-init",
  "dumb-init",
  "catatonit",
  "sh",
  "ash",
  "bash",
  "dash",
]);

export interface Ancestry {
  readonly pid: number;
  readonly ppid: number;
  /** Of the program of process 1; undefined where the system does not tell. */
  readonly init: string | undefined;
}

/** What ends with this process, for a sentence; undefined where it is like others. */
export function boundObjection({ pid, ppid, init }: Ancestry = ownAncestry()): string | undefined {
  const then = "with which everything here ends: start another container";
  if (pid === 1) return `this master is process 1, ${then}`;
  // Somebody outside of the namespace waits for it, as in a pod that shares one.
  if (ppid === 0) return `this master is the first process of a container, ${then}`;
  if (ppid === 1 && init !== undefined && inits.has(init))
    return `this master is what ${init} was started for, ${then}`;
  return undefined;
}

function ownAncestry(): Ancestry {
  const { pid, ppid } = process;
  return { pid, ppid, init: ppid === 1 ? nameOf(ppid) : undefined };
}

function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return undefined;
  }
}
