/** `uisge requests`: what do the workers of a manager do? */
import type { WorkerRequest } from "../manager/index.ts";
import { ask, askExits, jsonOption, which } from "./control/ask.ts";
import { jsonLine } from "./control/columns.ts";
import { requestsText } from "./control/requests-text.ts";
import type { CommandDefinition } from "./frame/definition.ts";
import { print } from "./standard-streams.ts";

export const definition: CommandDefinition = {
  name: "requests",
  summary: "say which requests run in it",
  synopsis: ["[NAME|PID|PATH] [--json]"],
  positionals: [which],
  options: [{ ...jsonOption, summary: "one JSON object a line for each request" }],
  notes: [
    "The oldest first: in which worker, for how long, by whom, method and path. No query, no header: these may be secret. A worker whose event loop is stuck says nothing; with --harakiri the log does.",
  ],
  examples: ["uisge requests shop"],
  exitCodes: askExits,
  run: async ({ values, positionals }) => {
    const running: WorkerRequest[] = [];
    const { more = 0 } = await ask(positionals[0], { command: "requests" }, (line) => {
      if ("request" in line) running.push(line.request);
    });
    const asJson = (): string => running.map(jsonLine).join("");
    await print(values["json"] === true ? asJson() : requestsText(running, more));
    return 0;
  },
};
