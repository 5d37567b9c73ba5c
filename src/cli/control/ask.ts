/** What the commands that speak to a running manager have in common: which one is meant, and what it answers. */
import { userInfo } from "node:os";
import type { ControlCommand, ControlLine, ControlResult } from "../../manager/index.ts";
import type { CommandExit, CommandOption, CommandPositional, ValuesOf } from "../frame/definition.ts";
import { jsonLine } from "./columns.ts";

/** Which manager is meant. */
export const which: CommandPositional = {
  name: "NAME|PID|PATH",
  summary:
    "which manager: its name, the pid of its master, or the path of its control socket (with a / in it); without it the only one that this user runs",
  isOptional: true,
  completes: "instance",
};

/** Beside those of all commands. */
export const askExits: readonly CommandExit[] = [[1, "it has failed"], 3, 4, 77];

/** Of those that change something. */
export const resultOptions = [
  { name: "quiet", short: "q", summary: "print nothing but why it failed" },
  { name: "json", summary: "what was done, as one JSON object" },
] as const;

export const jsonOption: CommandOption = { name: "json", summary: "for programs" };

export type ResultValues = ValuesOf<typeof resultOptions>;

export interface Answer extends ControlResult {
  /** Path of the control socket that was asked. */
  readonly control: string;
}

/** Asks the manager that was named, or the only one that there is. What speaks to it is loaded here, not for help. */
export async function ask(
  wanted: string | undefined,
  command: ControlCommand,
  onLine?: (line: ControlLine) => void,
): Promise<Answer> {
  const { askManager, instanceOf } = await import("../../manager/index.ts");
  const control = await instanceOf(wanted);
  return { ...(await askManager(control, command, whoAsks(), onLine)), control };
}

/** What was done, for programs. */
export function resultLine(done: ControlCommand["command"], { control }: Answer, more: object = {}): string {
  return jsonLine({ done, control, ...more });
}

/** For the manager's log; the system does not tell it. */
function whoAsks(): string {
  return `${userName()}, pid ${process.pid}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user without a name.
    return `user ${process.getuid?.() ?? "?"}`;
  }
}
