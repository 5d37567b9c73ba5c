/** `uisge reopen`: the files of the logs are opened anew, as after logrotate(8) has moved them. */
import { parseArgs } from "node:util";
import { ask, EXITS, WHICH } from "./control/ask.ts";

export const usage: string = `uisge reopen: opens the files of the logs anew

Usage: uisge reopen [NAME|PID|PATH]
${WHICH}

  -h, --help

  For logrotate: files of --logto and --access-logto that were moved away get
  their names again, in master and workers. The signal USR1 does the same.

${EXITS}
`;

/** Resolves with the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
  await ask(positionals, { command: "reopen" });
  return 0;
}
