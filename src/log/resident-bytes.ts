/** The memory of this process, for a log that has it on each line. */

/** It is read from the system: too dear for each request. */
const FRESH_MS = 1_000;

let readAt = Number.NEGATIVE_INFINITY;
let bytes = 0;

/** Resident memory in bytes, at most a second old. `now`: milliseconds since the epoch. */
export function residentBytes(now: number): number {
  // A clock that was set back is no reason to keep an old figure for hours.
  if (Math.abs(now - readAt) >= FRESH_MS) {
    bytes = process.memoryUsage.rss();
    readAt = now;
  }
  return bytes;
}
