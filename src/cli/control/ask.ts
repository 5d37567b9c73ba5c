/** What the commands that speak to a running manager have in common. */
import { userInfo } from "node:os";
import {
  askManager,
  type ControlCommand,
  type ControlLine,
  type ControlResult,
  instanceOf,
} from "../../manager/index.ts";
import { badOption } from "../read-options.ts";

/** In the usage of each of them. */
export const WHICH = `  NAME, PID (of the master) or PATH (of its control socket, with a / in it) say
  which manager; without them it is the only one that this user runs.`;

/** Exit codes of all of them. */
export const EXITS = `Exit codes: 0 done, 1 it has failed, 3 no such manager, 4 several: say which,
64 usage, 77 no permission.`;

/** Asks the manager that the only positional argument says, or the only one that there is. */
export async function ask(
  positionals: readonly string[],
  command: ControlCommand,
  onLine?: (line: ControlLine) => void,
): Promise<ControlResult> {
  const [wanted, ...more] = positionals;
  if (more.length > 0) throw badOption(`${command.command} takes one NAME, PID or PATH; got ${positionals.length}`);
  return askManager(await instanceOf(wanted), command, whoAsks(), onLine);
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
