/** `uisge scale`: more or fewer workers. */
import { parseArgs } from "node:util";
import { ask, EXITS, WHICH } from "./control/ask.ts";
import { badOption } from "./read-options.ts";
import { print } from "./standard-streams.ts";

export const usage: string = `uisge scale: sets how many workers a manager has

Usage: uisge scale [NAME|PID|PATH] N|+N|-N
${WHICH}
  N workers, or N more or fewer than now; there is always one. The signals TTIN
  and TTOU do the same as +1 and -1.

  -h, --help

Example:  uisge scale shop +2
${EXITS}
`;

/** Resolves with the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  // Looked for first: `-1` reads as an option, and a number in front may be a pid.
  const at = args.findLastIndex((argument) => /^[+-]?\d+$/.test(argument));
  const to = args[at] ?? "";
  if (!/^[+-]?[1-9]\d{0,3}$/.test(to)) {
    throw badOption("scale needs a number of workers from 1 to 9999 at its end, such as 4, or +1 or -1");
  }
  const others = args.filter((_, index) => index !== at);
  const { positionals } = parseArgs({ args: others, options: {}, allowPositionals: true });
  const { processes } = await ask(positionals, { command: "scale", to });
  await print(`${processes} ${processes === 1 ? "worker" : "workers"}\n`);
  return 0;
}
