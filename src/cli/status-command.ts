/** `uisge status`: how is a manager, and how are its workers? */
import { parseArgs } from "node:util";
import { ask, EXITS, WHICH } from "./control/ask.ts";
import { jsonLine } from "./control/columns.ts";
import { statusText } from "./control/status-text.ts";
import { print } from "./standard-streams.ts";

export const usage: string = `uisge status: says how a manager and its workers are

Usage: uisge status [NAME|PID|PATH] [--json]
${WHICH}

  --json        the same and more as one JSON object
  -h, --help

  GEN is the version: 1, one more with each reload. SINCE is the age of the
  process, REQUESTS what it has taken, RUN what it is at. MEMORY is resident,
  BUSY the share of the last second that its event loop was. Behind them stands
  why a worker is to be replaced.

${EXITS}
`;

/** Resolves with the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: "boolean" } },
    allowPositionals: true,
  });
  const { status } = await ask(positionals, { command: "status" });
  if (status === undefined) return 1;
  await print(values.json === true ? jsonLine(status) : statusText(status));
  return 0;
}
