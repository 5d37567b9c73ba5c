/** Processor time and memory of a backend and its children, from /proc. Linux only. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { family, parseSchedstat, parseStat, parseStatus, type ProcMemory } from "./proc.ts";

/** The process, and all that descend from it now. */
export function familyOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const text = readOrEmpty(`/proc/${name}/stat`);
    if (text !== "") parents.set(Number(name), parseStat(text).parent);
  }
  return family(pid, parents);
}

/**
 * Microseconds that these processes have been on a processor, user and system. From `schedstat`, in
 * nanoseconds, summed over the threads; a kernel without it counts in ticks of 10 ms. The two agree as long
 * as no thread has ended, which takes its share of the sum with it: backends keep theirs.
 */
export function cpuUs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (hasSchedstat ? schedstatUs(pid) : ticksUs(pid)), 0);
}

/** By `schedstat` alone. */
export function schedstatUs(pid: number): number {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).reduce((sum, thread) => {
    const text = readOrEmpty(`${folder}/${thread}/schedstat`);
    return text === "" ? sum : sum + parseSchedstat(text) / 1_000;
  }, 0);
}

/** By `stat` alone: all threads, those that have ended too. */
export function ticksUs(pid: number): number {
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return (parseStat(readFileSync(`/proc/${pid}/stat`, "utf8")).ticks * 1e6) / ticksPerSecond;
}

let ticksPerSecond: number | undefined;
const hasSchedstat = existsSync("/proc/self/task/") && existsSync("/proc/self/schedstat");

/** Memory of these processes together. */
export function memory(pids: readonly number[]): ProcMemory {
  let [rssBytes, peakBytes] = [0, 0];
  for (const pid of pids) {
    const own = parseStatus(readFileSync(`/proc/${pid}/status`, "utf8"));
    rssBytes += own.rssBytes;
    peakBytes += own.peakBytes;
  }
  return { rssBytes, peakBytes };
}

/** Sets the mark of most memory back to what is used now. Without the right to, it stays as it was. */
export function resetPeak(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, "5");
    } catch {
      // A kernel without it, or a process of somebody else: the peak is then that of the whole life.
    }
  }
}

/** A process or a thread may be gone by now. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Between the list and the file it has ended.
    return "";
  }
}
