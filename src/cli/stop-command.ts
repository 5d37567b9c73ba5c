/** `uisge stop`: a manager and its workers end. */
import { askExits, resultOptions, which } from "./control/ask.ts";
import { untilDone } from "./control/until-done.ts";
import type { CommandDefinition } from "./frame/definition.ts";

export const definition: CommandDefinition = {
  name: "stop",
  summary: "end it when what runs has ended",
  synopsis: ["[NAME|PID|PATH] [--fast] [options]"],
  positionals: [which],
  options: [{ name: "fast", summary: "at once, whatever runs is cut" }, ...resultOptions],
  notes: [
    "What runs ends before, and what is queued is answered, for as long as --grace of serve says. The command ends when all has ended.",
  ],
  examples: ["uisge stop", "uisge stop shop --fast"],
  exitCodes: askExits,
  run: ({ values, positionals }) =>
    untilDone(
      positionals[0],
      { command: "stop", how: values["fast"] === true ? "fast" : "graceful" },
      { doing: "stopping", done: "" },
      values,
    ),
};
