/** The lines of a stack that say where an application is. */

/** The name that code gets which is run to take the stack: its own frames are on top. */
export const TAKEN_BY = "uisge-watcher";

/** Most frames, and most characters of each. */
const MOST_FRAMES = 40;
const MOST_CHARACTERS = 400;

/**
 * The frames of a stack without those of who took it, and without ours and Node's below the application. `own`: what
 * frames of ours have in them.
 */
export function stackLines(stack: string, own: readonly string[]): readonly string[] {
  const lines = stack.split("\n").map((line) => line.trim());
  const frames = lines.filter((line) => line.startsWith("at "));
  const theirs = frames.slice(frames.findLastIndex((frame) => frame.includes(TAKEN_BY)) + 1);
  const isBelow = (frame: string): boolean => frame.includes("node:") || own.some((folder) => frame.includes(folder));
  // Such as `new Promise (<anonymous>)`: it is of whoever has called it.
  const isNobodys = (frame: string): boolean => /(?:\(<anonymous>\)|^at <anonymous>)$/.test(frame);
  const last = theirs.findLastIndex((frame) => !isBelow(frame) && !isNobodys(frame));
  const found = last === -1 ? theirs : theirs.slice(0, last + 1);
  return found.slice(0, MOST_FRAMES).map((frame) => frame.slice(0, MOST_CHARACTERS));
}
