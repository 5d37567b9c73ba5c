/**
 * How a process ends that serves: with which exit code, and what it still waits for.
 *
 * For the command and for workers of a manager alike, which must not load each other. Not here: what makes a process end
 * (signals, a master).
 */
export { exitCodeOf } from "./exit-codes.ts";
export { lastLines, untilNothingLeft } from "./last-work.ts";
