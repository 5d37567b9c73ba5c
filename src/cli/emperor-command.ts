/** `uisge emperor`: one supervised instance of `uisge serve` for each file of a folder. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Emperor, listenToSignals, ManagerLog } from "../manager/index.ts";
import { lastLines, watchOrphans } from "../process/index.ts";
import type { CommandDefinition, Parsed } from "./frame/definition.ts";
import { badOption } from "./read-options.ts";
import { loadConfig, optionTables } from "../config/index.ts";
import { accepted, configOf } from "./options/config-of.ts";
import { flagTable } from "./options/flags.ts";

export const definition: CommandDefinition = {
  name: "emperor",
  summary: "run an instance for each file of a folder",
  synopsis: ["[--tyrant] [--log text|json|pino] FOLDER..."],
  positionals: [{ name: "FOLDER", summary: "its files are vassals", repeats: true, completes: "folder" }],
  options: [
    { name: "tyrant", summary: "each vassal is the owner of its file, if the emperor is root" },
    { name: "log", value: "FORMAT", choices: ["text", "json", "pino"], summary: "on standard error (text)" },
  ],
  notes: [
    "Each NAME.ini, .yaml, .yml, .toml and .json in a FOLDER is a vassal: an instance of uisge serve with that " +
      "configuration, a master, and that name. Relative paths begin in its folder. New files start a vassal, changed ones " +
      "start it anew, touched ones reload it; a file that is gone ends it.",
    "Signals: TERM ends all when what runs has ended, a second TERM, INT or QUIT at once; HUP reloads all vassals, USR1 " +
      "reopens their logs.",
  ],
  examples: ["uisge emperor /etc/uisge/vassals"],
  exitCodes: [[0, "stopped"], [66, "no such folder"], 77],
  run,
};

const main = fileURLToPath(new URL("main.js", import.meta.url));

/** Resolves with the exit code when all vassals have ended. */
async function run({ values, positionals }: Parsed): Promise<number> {
  const isTyrant = values["tyrant"] === true;
  if (isTyrant && process.getuid?.() !== 0) throw badOption("--tyrant is for an emperor that is root");
  const log = new ManagerLog({ access: "off", errors: configOf({ log: values["log"] }, "serve").log ?? "text" });
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
      check: checkFile,
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

/** Rejects with all that is wrong in it, as its vassal reads it. */
async function checkFile(file: string): Promise<void> {
  accepted(await loadConfig({ files: [file], folder: dirname(file) }));
}
