/**
 * What is said over the control socket of a manager: one JSON object in one line asks, lines of JSON answer, the last of
 * which has `done` or `error`. Pure: a line becomes a command, or says why it is none.
 *
 *     {"command":"reload","mode":"chain"}
 *     {"progress":{"ready":1,"of":4,"generation":2}}
 *     {"done":true}
 */
import { type ErrorCode, LimitError, ProtocolError } from "../../errors.ts";
import type { ManagerStatus, WorkerRequest } from "../status.ts";
import type { ReloadMode } from "../plan/view.ts";

/** Most bytes of a line that asks. */
export const MAX_COMMAND_BYTES: number = 64 * 1024;

export type ControlCommand =
  | { readonly command: "status" }
  /** The requests that run, one a line. */
  | { readonly command: "requests" }
  /** Answered when the new version serves, or has failed. Without `mode`: in the manager's own way. */
  | { readonly command: "reload"; readonly mode?: ReloadMode }
  /** Answered when all workers have ended. */
  | { readonly command: "stop"; readonly how: "graceful" | "fast" }
  /** `"4"`: so many workers; `"+1"`, `"-1"`: more or fewer than now. */
  | { readonly command: "scale"; readonly to: string }
  /** Answered when a new master has taken over. */
  | { readonly command: "upgrade" }
  | { readonly command: "reopen" };

export type ControlLine =
  | { readonly progress: Progress }
  | { readonly request: WorkerRequest }
  | ({ readonly done: true } & ControlResult)
  | { readonly error: ControlFailure };

/** How far a reload is. */
export interface Progress {
  /** Workers of the new version that are ready. */
  readonly ready: number;
  readonly of: number;
  readonly generation: number;
}

/** What stands in the last line of an answer, by what was asked. */
export interface ControlResult {
  readonly status?: ManagerStatus;
  /** Workers that are wanted now. */
  readonly processes?: number;
  /** Requests that were left out, because there were too many. */
  readonly more?: number;
}

export interface ControlFailure {
  readonly code: string;
  readonly message: string;
}

/** A command, and who says that it is theirs: nobody has checked that. */
export interface AskedCommand {
  readonly command: ControlCommand;
  readonly from: string | undefined;
}

const modes: readonly ReloadMode[] = ["graceful", "chain", "brutal"];

/** One row a command: reads what else is in the object. */
const readers: Readonly<Record<ControlCommand["command"], (asked: Fields) => ControlCommand>> = {
  status: () => ({ command: "status" }),
  requests: () => ({ command: "requests" }),
  reload: (asked) => {
    const mode = choice(asked, "mode", modes);
    return mode === undefined ? { command: "reload" } : { command: "reload", mode };
  },
  stop: (asked) => ({ command: "stop", how: choice(asked, "how", ["graceful", "fast"]) ?? "graceful" }),
  scale: (asked) => ({ command: "scale", to: readScale(asked["to"]) }),
  upgrade: () => ({ command: "upgrade" }),
  reopen: () => ({ command: "reopen" }),
};

type Fields = Readonly<Record<string, unknown>>;

/** Reads a line that asks. Throws a ProtocolError (`UWSGI_BAD_CONTROL`) that says what was seen and what there is. */
export function parseCommand(line: string): AskedCommand {
  const asked = parseObject(line);
  const { command: name, from } = asked;
  if (typeof name !== "string" || !Object.hasOwn(readers, name)) {
    const seen = name === undefined ? "no command" : `unknown command ${show(name)}`;
    throw badControl(`${seen}: there are ${Object.keys(readers).join(", ")}`);
  }
  return {
    command: readers[name as ControlCommand["command"]](asked),
    from: typeof from === "string" ? from.slice(0, 100) : undefined,
  };
}

/** Reads a line that answers. Throws a ProtocolError (`UWSGI_BAD_CONTROL`). */
export function parseAnswer(line: string): ControlLine {
  const answer = parseObject(line);
  const { done, error, progress, request } = answer;
  if (done === true || isObject(progress) || isObject(request)) return answer as unknown as ControlLine;
  if (isObject(error) && typeof error["message"] === "string") return answer as unknown as ControlLine;
  throw badControl(`${show(line)} is no answer of a manager`);
}

/** How many workers `to` means where there are `now`. */
export function scaledTo(to: string, now: number): number {
  return /^[+-]/.test(to) ? Math.max(1, now + Number(to)) : Number(to);
}

/** What was asked, in words for a log. */
export function describeCommand(command: ControlCommand): string {
  const { command: name, ...rest } = command;
  return [name, ...Object.values(rest)].join(" ");
}

/** What is no line of this protocol. */
export function badControl(message: string): ProtocolError {
  return new ProtocolError(message, { code: "UWSGI_BAD_CONTROL" });
}

/** What is too long for one. */
export function longControl(message: string): LimitError {
  return new LimitError(message, { code: "UWSGI_BAD_CONTROL" });
}

/** The line for a failure. */
export function failureLine(code: ErrorCode, message: string): ControlLine {
  return { error: { code, message } };
}

function parseObject(line: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw badControl(`${show(line)} is no JSON: an object in one line is needed, such as {"command":"status"}`);
  }
  if (isObject(value)) return value;
  throw badControl(`${show(line)} is no object: such as {"command":"status"} is needed`);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function choice<const Choice extends string>(
  asked: Fields,
  key: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = asked[key];
  if (value === undefined) return undefined;
  const found = choices.find((one) => one === value);
  if (found === undefined) throw badControl(`${key} ${show(value)}: there are ${choices.join(", ")}`);
  return found;
}

/** A shell passes numbers as words, a program as numbers. */
function readScale(value: unknown): string {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && /^(?:[+-]?[1-9]\d{0,3})$/.test(text)) {
    if (typeof value === "string" || Number(text) > 0) return text;
  }
  throw badControl(`to ${show(value)}: a number of workers is needed, such as 4, or +1 or -1`);
}

/** What was seen, short, and without what a log or a terminal would obey. */
function show(value: unknown): string {
  // What is nested deep enough cannot be written.
  const text = typeof value === "object" && value !== null ? "an object" : (JSON.stringify(value) ?? "nothing");
  const short = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return short.replace(/[^\x20-\x7e]/g, "?");
}
