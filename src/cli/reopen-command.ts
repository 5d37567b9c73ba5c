/** `uisge reopen`: the files of the logs are opened anew, as after logrotate(8) has moved them. */
import { askExits, resultOptions, which } from "./control/ask.ts";
import { untilDone } from "./control/until-done.ts";
import type { CommandDefinition } from "./frame/definition.ts";

export const definition: CommandDefinition = {
  name: "reopen",
  summary: "open the files of its logs anew",
  synopsis: ["[NAME|PID|PATH] [options]"],
  positionals: [which],
  options: [...resultOptions],
  notes: [
    "For logrotate: files of --logto and --access-logto that were moved away get their names again, in master and workers. The signal USR1 does the same.",
  ],
  examples: ["uisge reopen shop"],
  exitCodes: askExits,
  run: ({ values, positionals }) =>
    untilDone(positionals[0], { command: "reopen" }, { doing: "reopening", done: "" }, values),
};
