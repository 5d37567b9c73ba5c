/** `uisge emperor`: one supervised instance of `uisge serve` for each file of a folder. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Emperor, listenToSignals, ManagerLog } from "../manager/index.ts";
import { lastLines, watchOrphans } from "../process/index.ts";
import { badOption } from "./read-options.ts";
import { optionTables } from "../config/index.ts";
import { configOf } from "./options/config-of.ts";
import { flagTable } from "./options/flags.ts";

export const usage: string = `uisge emperor: run an instance for each file of a folder

Usage: uisge emperor [--tyrant] [--log text|json] FOLDER...

  Each NAME.json in a FOLDER is a vassal: an instance of uisge serve. The file
  is an object: "application", "args", and the long options of uisge serve
  without dashes, true for those without a value, a list for those that are
  given again:
    {"application": "app.js", "socket": "/run/a.sock", "processes": 2,
     "uid": "www-data", "env": ["A=1", "B=2"]}
  Paths are relative to the file. New files start a vassal, changed ones start
  it anew, touched ones reload it; a file that is gone ends it.

  --tyrant          each vassal is the owner of its file, if the emperor is root
  --log text|json   (text, on standard error)
  -h, --help

Signals: TERM ends all when what runs has ended, a second TERM, INT or QUIT at
once; HUP reloads all vassals, USR1 reopens their logs.
Exit codes: 0 stopped, 64 usage, 66 no such folder, 77 no permission.
`;

const main = fileURLToPath(new URL("main.js", import.meta.url));

/** Resolves with the exit code when all vassals have ended. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { tyrant: { type: "boolean" }, log: { type: "string" } },
    allowPositionals: true,
  });
  if (positionals.length === 0) throw badOption("emperor takes folders with files of vassals, and there is none");
  const isTyrant = values.tyrant === true;
  if (isTyrant && process.getuid?.() !== 0) throw badOption("--tyrant is for an emperor that is root");
  const log = new ManagerLog({ access: "off", errors: configOf({ log: values.log }, "serve").log ?? "text" });
  let emperor: Emperor | undefined;
  let early: "graceful" | "fast" | undefined;
  const stopListening = listenToSignals((command) => {
    if (command.kind === "stop") {
      early = command.how;
      emperor?.stop(command.how, command.why);
    } else if (command.kind === "reload") emperor?.tellAll("SIGHUP");
    else if (command.kind === "reopen") emperor?.tellAll("SIGUSR1");
    else log.write("warn", "command", `an emperor knows no ${command.kind}`);
  });
  const unwatch = watchOrphans((text) => log.write("warn", "system", text));
  try {
    emperor = await Emperor.start({
      folders: positionals.map((folder) => resolve(folder)),
      isTyrant,
      flags: flagTable(optionTables.serve),
      serve: [process.execPath, main, "serve"],
      log,
    });
    if (early !== undefined) emperor.stop(early, "told to end meanwhile");
    await emperor.ended;
    log.write("info", "command", "stopped");
  } finally {
    stopListening();
    unwatch();
    log.close();
  }
  await lastLines();
  return 0;
}
