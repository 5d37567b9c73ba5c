/** What `uisge` can do: one row a command. A command's code is loaded when it is run. */
import type { CommandDefinition } from "./frame/definition.ts";
import { plain, type Style } from "./frame/style.ts";

/** One command. */
export interface Command {
  /** Behind its name in `uisge --help`. */
  readonly summary: string;
  readonly load: () => Promise<LoadedCommand>;
}

/** Its module: a definition, or what has none yet. */
export type LoadedCommand = { readonly definition: CommandDefinition } | PlainCommand;

export interface PlainCommand {
  /** What `uisge COMMAND --help` prints; fits a screen of 80 columns. */
  readonly usage: string;
  /** Resolves with the exit code; what it rejects with is printed, see `exitCodeOf` for the code. */
  readonly run: (args: readonly string[]) => number | Promise<number>;
  /** True where what stands behind `--` belongs to another program: a `--help` there is not ours. Default false. */
  readonly passesArguments?: boolean;
}

/** In the order of `--help`. */
export const commands: ReadonlyMap<string, Command> = new Map([
  ["serve", { summary: "run an application on uwsgi sockets", load: () => import("./serve-command.ts") }],
  ["status", { summary: "say how the workers of a server are", load: () => import("./status-command.ts") }],
  ["reload", { summary: "let a new version of it take over", load: () => import("./reload-command.ts") }],
  ["stop", { summary: "end it when what runs has ended", load: () => import("./stop-command.ts") }],
  ["scale", { summary: "set how many workers it has", load: () => import("./scale-command.ts") }],
  ["upgrade", { summary: "let a new master take over", load: () => import("./upgrade-command.ts") }],
  ["reopen", { summary: "open the files of its logs anew", load: () => import("./reopen-command.ts") }],
  ["requests", { summary: "say which requests run in it", load: () => import("./requests-command.ts") }],
  ["emperor", { summary: "run an instance for each file of a folder", load: () => import("./emperor-command.ts") }],
  ["bridge", { summary: "take HTTP and pass it on to uwsgi sockets", load: () => import("./bridge-command.ts") }],
  ["route", { summary: "pass packets on to other sockets by rules", load: () => import("./route-command.ts") }],
  ["config", { summary: "check and show configurations of serve", load: () => import("./config-command.ts") }],
  [
    "import",
    {
      summary: "make a configuration of uWSGI's, PM2's, gunicorn's or Unit's ours",
      load: () => import("./import-command.ts"),
    },
  ],
  ["curl", { summary: "ask a socket what curl asks a server", load: () => import("./curl-command.ts") }],
  ["ping", { summary: "ask a server whether it is alive", load: () => import("./ping-command.ts") }],
  ["decode", { summary: "say what is in bytes of the protocol", load: () => import("./decode-command.ts") }],
  ["record", { summary: "keep what passes to a server", load: () => import("./record-command.ts") }],
  ["replay", { summary: "send a recording again", load: () => import("./replay-command.ts") }],
  ["doctor", { summary: "say what is wrong with nginx's configuration", load: () => import("./doctor-command.ts") }],
  ["completion", { summary: "make a shell complete all this", load: () => import("./completion-command.ts") }],
]);

/** What else `uisge help NAME` tells of. */
export const topics: ReadonlyMap<string, () => Promise<{ readonly usage: string }>> = new Map([
  ["processes", () => import("./serve/processes-usage.ts")],
  ["exit-codes", () => import("./exit-codes-topic.ts")],
]);

/** What `uisge --help` prints. */
export function overview(style: Style = plain): string {
  const names = [...commands.keys()];
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const rows = [...commands].map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}\n`);
  return `${style.bold("uisge")}: the uwsgi protocol for Node.js

${style.bold("Usage:")} uisge COMMAND [ARGUMENT...]

${rows.join("")}
uisge COMMAND --help says more, and so does uisge help ${[...topics.keys()].join("|")}.
uisge --version [--json] says which version this is.
`;
}
