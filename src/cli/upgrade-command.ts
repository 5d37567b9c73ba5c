/** `uisge upgrade`: a new master takes over, with what is installed now. */
import { askExits, resultOptions, which } from "./control/ask.ts";
import { untilDone } from "./control/until-done.ts";
import type { CommandDefinition } from "./frame/definition.ts";

export const definition: CommandDefinition = {
  name: "upgrade",
  summary: "let a new master take over",
  synopsis: ["[NAME|PID|PATH] [options]"],
  positionals: [which],
  options: [...resultOptions],
  notes: [
    "For a new version of Node.js or of uisge: the new master is started as the old one was, inherits its sockets, and starts its own workers; when these serve, the old ones finish and leave. No connection is refused meanwhile. When it cannot be started, the old one goes on, and the exit code is 1. So it does by the signal USR2.",
  ],
  examples: ["uisge upgrade shop"],
  exitCodes: askExits,
  run: ({ values, positionals }) =>
    untilDone(positionals[0], { command: "upgrade" }, { doing: "upgrading", done: "upgraded\n" }, values),
};
