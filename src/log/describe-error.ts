/** Whatever was thrown, as a few lines of text. Never throws itself. */
import { ConnectionError, errorCode, TimeoutError, UpstreamError } from "../errors.ts";
import { escapeLine } from "./escape.ts";

/** Most lines of one error, its causes included: its message may quote a whole body. */
const MOST_LINES = 50;

/** Most characters that are looked at: 50 lines of stack are far fewer. */
const MOST_CHARACTERS = 100_000;

/** Most causes that are followed: one may lead back to its error. */
const MOST_CAUSES = 8;

/** What an error log says of an error. */
export interface DescribedError {
  /** First line of the stack, such as `TypeError: boom`; escaped. */
  readonly message: string;
  /** The lines behind it, causes included; escaped, without indent. */
  readonly more: readonly string[];
  /** `code`, where there is one. */
  readonly code: string | undefined;
}

/** Describes an error, its causes and the errors of an AggregateError, in at most 50 lines. */
export function describeError(error: unknown): DescribedError {
  try {
    const lines = linesOf(error);
    const [message = "", ...more] = lines.slice(0, MOST_LINES).map(escapeLine);
    if (lines.length > MOST_LINES) more.push(`(${lines.length - MOST_LINES} more lines)`);
    const code = errorCode(error);
    return { message, more, code: code === undefined ? undefined : escapeLine(code) };
  } catch {
    // A getter or a proxy of the application's throws: a log must not fail at that.
    return { message: "thrown something that cannot be described", more: [], code: undefined };
  }
}

function linesOf(error: unknown, causes = 0): string[] {
  if (typeof error !== "object" || error === null) return textOf(error, "thrown ");
  if (!("stack" in error)) return textOf(messageOf(error) ?? error, "thrown ");
  const { stack, name, message, cause, errors } = error as Partial<AggregateError>;
  const lines = stack === undefined ? textOf(`${name}: ${message}`) : textOf(stack).filter(isTold(error));
  if (causes === MOST_CAUSES) return lines;
  for (const one of Array.isArray(errors) ? errors.slice(0, MOST_CAUSES) : []) {
    lines.push(...introduced("together with ", linesOf(one, MOST_CAUSES)));
  }
  if (cause !== undefined) lines.push(...introduced("caused by ", linesOf(cause, causes + 1)));
  return lines;
}

/** Where our own code lies, as frames name it: the built one, and its sources by their maps. */
const own = ["../", "../../src/"].map((folder) => new URL(folder, import.meta.url).href);

/**
 * Whether a line of a stack says something: of what a peer, or the network, is to blame for, the frames of ours and of
 * Node's do not.
 */
function isTold(error: object): (line: string) => boolean {
  const isOurs = error instanceof ConnectionError || error instanceof TimeoutError || error instanceof UpstreamError;
  if (!isOurs && !("syscall" in error)) return () => true;
  return (line) => !line.startsWith("at ") || !(line.includes("node:") || own.some((folder) => line.includes(folder)));
}

/** Some reject with plain objects. Only the message: what else is in them may be anything. */
function messageOf({ message }: { readonly message?: unknown }): string | undefined {
  return typeof message === "string" && message !== "" ? `an object: ${message}` : undefined;
}

function introduced(words: string, [first = "", ...more]: readonly string[]): string[] {
  return [words + first, ...more];
}

function textOf(value: unknown, before = ""): string[] {
  let text: string;
  try {
    text = String(value);
  } catch {
    // An object without a prototype has no text of its own.
    text = Object.prototype.toString.call(value);
  }
  return `${before}${text.slice(0, MOST_CHARACTERS)}`.split(/\r?\n/).map((line) => line.trim());
}
