/** `uisge upgrade`: a new master takes over, with what is installed now. */
import { parseArgs } from "node:util";
import { ask, EXITS, WHICH } from "./control/ask.ts";
import { print } from "./standard-streams.ts";

export const usage: string = `uisge upgrade: a new master takes over

Usage: uisge upgrade [NAME|PID|PATH]
${WHICH}

  -h, --help

  For a new version of Node.js or of uisge: the new master is started as the old
  one was, inherits its sockets, and starts its own workers; when these serve,
  the old ones finish and leave. No connection is refused meanwhile. When it
  cannot be started, the old one goes on, and the exit code is 1. So it does by
  the signal USR2.

${EXITS}
`;

/** Resolves with the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
  await ask(positionals, { command: "upgrade" });
  await print("upgraded\n");
  return 0;
}
