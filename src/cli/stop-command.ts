/** `uisge stop`: a manager and its workers end. */
import { parseArgs } from "node:util";
import { ask, EXITS, WHICH } from "./control/ask.ts";

export const usage: string = `uisge stop: ends a manager and its workers

Usage: uisge stop [NAME|PID|PATH] [--fast]
${WHICH}

  --fast        at once, whatever runs is cut
  -h, --help

  What runs ends before, and what is queued is answered, for as long as --grace
  of serve says. The command ends when all has ended.

${EXITS}
`;

/** Resolves with the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { fast: { type: "boolean" } },
    allowPositionals: true,
  });
  await ask(positionals, { command: "stop", how: values.fast === true ? "fast" : "graceful" });
  return 0;
}
