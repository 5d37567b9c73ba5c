/** `uisge reload`: a new version of the application takes over. */
import type { ControlCommand, ControlLine, Progress } from "../manager/index.ts";
import { type Answer, ask, askExits, resultLine, resultOptions, type ResultValues, which } from "./control/ask.ts";
import type { CommandDefinition, ValuesOf } from "./frame/definition.ts";
import { ProgressLine } from "./frame/progress-line.ts";
import { visible } from "./frame/visible.ts";
import { badOption } from "./read-options.ts";
import { print } from "./standard-streams.ts";

const modes = [
  { name: "graceful", summary: "new workers are ready before the old ones stop: twice the memory" },
  { name: "chain", summary: "the same one worker after the other" },
  {
    name: "brutal",
    summary:
      "the old ones stop at once, with what they do; connections wait (without any of the three: as --reload-mode of serve says)",
  },
] as const;

type Values = ValuesOf<typeof modes> & ResultValues;

export const definition: CommandDefinition = {
  name: "reload",
  summary: "let a new version of it take over",
  synopsis: ["[NAME|PID|PATH] [--graceful|--chain|--brutal] [options]"],
  positionals: [which],
  options: [...modes, ...resultOptions],
  notes: [
    "Ends when the new version serves. A version that cannot be started leaves the old one serving; the exit code is 1, and what is said is why. Options of serve itself do not change by a reload: see uisge upgrade.",
  ],
  examples: ["uisge reload", "uisge reload shop --chain"],
  exitCodes: askExits,
  run: ({ values, positionals }) => reload(positionals[0], values),
};

async function reload(wanted: string | undefined, values: Values): Promise<number> {
  const [mode, ...more] = (["graceful", "chain", "brutal"] as const).filter((name) => values[name] === true);
  if (more.length > 0) throw badOption(`--${mode} and --${more.join(", --")}: only one way to reload at a time`);
  const command: ControlCommand = mode === undefined ? { command: "reload" } : { command: "reload", mode };
  const isJson = values.json === true;
  let isHeard = values.quiet !== true;
  const say = (text: string): Promise<void> =>
    isHeard
      ? print(text).catch(() => {
          // Whoever has read that has gone; the reload has not.
          isHeard = false;
        })
      : Promise.resolve();
  const progress = new ProgressLine(isHeard && !isJson);
  let last: { readonly generation?: number } = {};
  const onLine = (line: ControlLine): void => {
    if (!("progress" in line)) return;
    last = { generation: line.progress.generation };
    const text = progressText(line.progress);
    if (progress.isShown) progress.show(text);
    else if (!isJson) void say(`${text}\n`);
  };
  let answer: Answer;
  try {
    answer = await ask(wanted, command, onLine);
  } finally {
    progress.clear();
  }
  await say(isJson ? resultLine("reload", answer, last) : "reloaded\n");
  return 0;
}

function progressText({ ready, of, generation }: Progress): string {
  return visible(`version ${generation}: ${ready} of ${of} workers ready`);
}
