/** The text of a stack -> its frames. Pure but for the rules of file names. */
import { fileURLToPath } from "node:url";

export interface Frame {
  /** What was called, such as `async Tea.brew`; "" where there is no name. */
  readonly call: string;
  /** Where, as the stack has it. */
  readonly where: string;
  /** The path of the file; undefined for what is in none, such as Node's own. */
  readonly path: string | undefined;
  /** From 1; 0 where they are not known. */
  readonly line: number;
  readonly column: number;
}

/** Far more than V8 keeps (`Error.stackTraceLimit`), unless it is told to. */
const MOST_FRAMES = 60;
const MOST_LINE = 1_000;

/** Reads the frames behind the message, which is taken out first: it may have lines that look like frames. */
export function framesOf(stack: string, message: string): Frame[] {
  const at = message === "" ? -1 : stack.indexOf(message);
  const frames: Frame[] = [];
  for (const line of (at < 0 ? stack : stack.slice(at + message.length)).split("\n")) {
    const frame = line.length > MOST_LINE ? undefined : frameOf(line.trim());
    if (frame !== undefined && frames.push(frame) === MOST_FRAMES) break;
  }
  return frames;
}

function frameOf(line: string): Frame | undefined {
  if (!line.startsWith("at ")) return undefined;
  const text = line.slice("at ".length);
  const bracket = text.endsWith(")") ? text.indexOf(" (") : -1;
  const call = bracket < 0 ? "" : text.slice(0, bracket);
  const where = bracket < 0 ? text.replace(/^async /, "") : text.slice(bracket + 2, -1);
  const [, file, row, column] = /^(.*?):([0-9]+):([0-9]+)$/.exec(where) ?? [];
  const path = file === undefined ? undefined : pathOf(file);
  return { call, where, path, line: Number(row ?? 0), column: Number(column ?? 0) };
}

function pathOf(file: string): string | undefined {
  if (file.startsWith("/") || /^[A-Za-z]:[\\/]/.test(file)) return file;
  if (!file.startsWith("file:")) return undefined;
  try {
    // Who loads a module anew asks for it with a query.
    return fileURLToPath(file.replace(/[?#].*$/s, ""));
  } catch {
    return undefined;
  }
}
