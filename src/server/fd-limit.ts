/** How many connections the limit of open files allows. */
import { readFileSync } from "node:fs";

/** Kept for the application's own files and sockets: a quarter of all, and so many at least. */
const LEAST_RESERVE = 64;

/** Whatever the limit says: with fewer nothing could be served. */
const LEAST_CONNECTIONS = 16;

/** Where the limit cannot be read: what most systems give an ordinary process. */
const USUAL_OPEN_FILES = 1_024;

/** Connections for a limit of `openFiles`. */
export function connectionsFor(openFiles: number): number {
  return Math.max(LEAST_CONNECTIONS, Math.floor(Math.min(openFiles - LEAST_RESERVE, 0.75 * openFiles)));
}

/** The soft limit of open files of this process, which Node has raised to the hard one at its start. */
export function openFilesLimit(): number {
  try {
    return readLimits(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    // Not Linux.
    return USUAL_OPEN_FILES;
  }
}

/** The soft limit in the text of `/proc/PID/limits`; Infinity for `unlimited`. */
export function readLimits(text: string): number {
  const soft = /^Max open files +(\d+|unlimited)/m.exec(text)?.[1];
  if (soft === undefined) return USUAL_OPEN_FILES;
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}
