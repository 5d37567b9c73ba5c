/** `uisge reload`: a new version of the application takes over. */
import { parseArgs } from "node:util";
import type { ControlCommand, ControlLine } from "../manager/index.ts";
import { ask, EXITS, WHICH } from "./control/ask.ts";
import { visible } from "./control/columns.ts";
import { badOption } from "./read-options.ts";
import { print } from "./standard-streams.ts";

export const usage: string = `uisge reload: a new version of the application takes over

Usage: uisge reload [NAME|PID|PATH] [--graceful|--chain|--brutal] [-q]
${WHICH}

  --graceful    new workers are ready before the old ones stop: twice the memory
  --chain       the same one worker after the other
  --brutal      the old ones stop at once, with what they do; connections wait
                (without any of the three: as --reload-mode of serve says)
  -q, --quiet   print nothing but why it failed
  -h, --help

  Ends when the new version serves. A version that cannot be started leaves the
  old one serving; the exit code is 1, and what is said is why. Options of serve
  itself do not change by a reload: see uisge upgrade.

${EXITS}
`;

const options = {
  graceful: { type: "boolean" },
  chain: { type: "boolean" },
  brutal: { type: "boolean" },
  quiet: { type: "boolean", short: "q" },
} as const;

/** Resolves with the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [mode, ...more] = (["graceful", "chain", "brutal"] as const).filter((name) => values[name] === true);
  if (more.length > 0) throw badOption(`--${mode} and --${more.join(", --")}: only one way to reload at a time`);
  const command: ControlCommand = mode === undefined ? { command: "reload" } : { command: "reload", mode };
  let isHeard = values.quiet !== true;
  const say = (text: string): Promise<void> =>
    isHeard
      ? print(text).catch(() => {
          // Whoever has read that has gone; the reload has not.
          isHeard = false;
        })
      : Promise.resolve();
  await ask(positionals, command, (line) => void say(progressText(line)));
  await say("reloaded\n");
  return 0;
}

function progressText(line: ControlLine): string {
  if (!("progress" in line)) return "";
  const { ready, of, generation } = line.progress;
  return `${visible(`version ${generation}: ${ready} of ${of} workers ready`)}\n`;
}
