/** Process groups, by the id of the process that each began with. */
import { readdirSync, readFileSync } from "node:fs";

/** False when nobody is there to be told. */
export function signalGroup(group: number, name: NodeJS.Signals): boolean {
  return kill(group, name);
}

/** Something of it still runs. What has ended and was waited for by nobody, as in a container, does not. */
export function isGroupRunning(group: number): boolean {
  if (!kill(group, 0)) return false;
  if (process.platform !== "linux") return true;
  try {
    return readdirSync("/proc").some((name) => /^[0-9]+$/.test(name) && isRunningIn(name, group));
  } catch {
    return true;
  }
}

function kill(group: number, name: NodeJS.Signals | 0): boolean {
  // The groups 0 and 1 would be our own, and everybody.
  if (group <= 1) return false;
  try {
    process.kill(-group, name);
    return true;
  } catch {
    return false;
  }
}

function isRunningIn(pid: string, group: number): boolean {
  const [state, , itsGroup] = statOf(pid);
  return Number(itsGroup) === group && state !== "Z" && state !== "X";
}

/** State, parent, group and so on, as in proc(5); empty for a process that is gone. */
function statOf(pid: string): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name before it may have any character in it.
    return text.slice(text.lastIndexOf(") ") + 2).split(" ");
  } catch {
    return [];
  }
}
