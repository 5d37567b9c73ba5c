/** `uisge requests`: what do the workers of a manager do? */
import { parseArgs } from "node:util";
import type { WorkerRequest } from "../manager/index.ts";
import { ask, EXITS, WHICH } from "./control/ask.ts";
import { jsonLine } from "./control/columns.ts";
import { requestsText } from "./control/requests-text.ts";
import { print } from "./standard-streams.ts";

export const usage: string = `uisge requests: says which requests run in the workers of a manager

Usage: uisge requests [NAME|PID|PATH] [--json]
${WHICH}

  --json        one JSON object a line for each request
  -h, --help

  The oldest first: in which worker, for how long, by whom, method and path. No
  query, no header: these may be secret. A worker whose event loop is stuck says
  nothing; with --harakiri the log does.

${EXITS}
`;

/** Resolves with the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: "boolean" } },
    allowPositionals: true,
  });
  const running: WorkerRequest[] = [];
  const { more = 0 } = await ask(positionals, { command: "requests" }, (line) => {
    if ("request" in line) running.push(line.request);
  });
  const asJson = (): string => running.map(jsonLine).join("");
  await print(values.json === true ? asJson() : requestsText(running, more));
  return 0;
}
