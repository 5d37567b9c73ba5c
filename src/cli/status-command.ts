/** `uisge status`: how is a manager, and how are its workers? */
import { ask, askExits, jsonOption, which } from "./control/ask.ts";
import { jsonLine } from "./control/columns.ts";
import { statusText } from "./control/status-text.ts";
import type { CommandDefinition } from "./frame/definition.ts";
import { styleFor } from "./frame/style.ts";
import { print } from "./standard-streams.ts";

export const definition: CommandDefinition = {
  name: "status",
  summary: "say how the workers of a server are",
  synopsis: ["[NAME|PID|PATH] [--json]"],
  positionals: [which],
  options: [{ ...jsonOption, summary: "the same and more as one JSON object" }],
  notes: [
    "GEN is the version: 1, one more with each reload. SINCE is the age of the process, REQUESTS what it has taken, RUN what it is at. MEMORY is resident, BUSY the share of the last second that its event loop was. Behind them stands why a worker is to be replaced.",
  ],
  examples: ["uisge status", "uisge status shop --json | jq .workers"],
  exitCodes: askExits,
  run: async ({ values, positionals }) => {
    const { status } = await ask(positionals[0], { command: "status" });
    if (status === undefined) return 1;
    await print(values["json"] === true ? jsonLine(status) : statusText(status, styleFor(process.stdout)));
    return 0;
  },
};
