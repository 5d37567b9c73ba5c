/**
 * What all processes of this package need: which version it is, with which exit code they end, what they still wait for,
 * and what they must say as process 1 of a container.
 *
 * For the command and for workers of a manager alike, which must not load each other. Not here: what makes a process end
 * (signals, a master).
 */
export { exitCodeOf, exitCodes, servedExitCode } from "./exit-codes.ts";
export { lastLines, lastWork } from "./last-work.ts";
export { withoutOwnVariables } from "./own-variables.ts";
export { startFolder } from "./start-folder.ts";
export { watchOrphans } from "./watch-orphans.ts";
export { version } from "./version.ts";
