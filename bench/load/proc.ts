/** Reads the text of Linux's /proc files. Pure; `usage.ts` reads the files. */

/** Of `/proc/PID/task/TID/schedstat`: nanoseconds on a processor. */
export function parseSchedstat(text: string): number {
  return Number(text.split(" ")[0]);
}

export interface ProcStat {
  readonly parent: number;
  /** Own user and system time in clock ticks, that of all threads. */
  readonly ticks: number;
}

/** Of `/proc/PID/stat`. The name in parentheses may hold anything, parentheses too. */
export function parseStat(text: string): ProcStat {
  // Behind the name come state (field 3), parent (4), ..., user time (14), system time (15).
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

export interface ProcMemory {
  readonly rssBytes: number;
  /** The most since the process began, or since the mark was set back. */
  readonly peakBytes: number;
}

/** Of `/proc/PID/status`. */
export function parseStatus(text: string): ProcMemory {
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]);
  return { rssBytes: 1_024 * kilobytes("VmRSS"), peakBytes: 1_024 * kilobytes("VmHWM") };
}

/** A process and all that descend from it, given the parent of each. */
export function family(pid: number, parents: ReadonlyMap<number, number>): number[] {
  const children = Array.from(parents).filter(([, parent]) => parent === pid);
  return [pid, ...children.flatMap(([child]) => family(child, parents))];
}
