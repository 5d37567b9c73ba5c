/** The `uisge` command, run when it is imported: finds what was asked for, runs it, maps its end to an exit code. */
import { exitCodeOf } from "../process/index.ts";
import { commands, overview, topics } from "./commands.ts";
import { styleFor } from "./frame/style.ts";

const USAGE_ERROR = 64;

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === "--version" || name === "-v") return tellVersion(args.includes("--json"));
  if (isHelp(name)) return tellHelp(name === "help" ? args : []);
  // Asked by the scripts of `uisge completion`.
  if (name === "__complete") return (await import("./complete-words.ts")).completeWords(args);
  const command = commands.get(name ?? "");
  if (command === undefined) return tellUnknown(name);
  const loaded = await command.load();
  if ("definition" in loaded) {
    return (await import("./frame/run-definition.ts")).runDefinition(loaded.definition, args);
  }
  const { usage, run, passesArguments } = loaded;
  const end = passesArguments === true ? args.indexOf("--") : -1;
  if ((end === -1 ? args : args.slice(0, end)).some(isHelp)) {
    process.stdout.write(usage);
    return 0;
  }
  return run(args);
}

async function tellVersion(isJson: boolean): Promise<number> {
  const { version } = await import("../process/index.ts");
  const told = { uisge: version, node: process.version, platform: process.platform, arch: process.arch };
  process.stdout.write(isJson ? `${JSON.stringify(told)}\n` : `${version}\n`);
  return 0;
}

/** `uisge help`, of a command, of a group of its options, or of something else that there is to tell. */
async function tellHelp([about, group]: readonly string[]): Promise<number> {
  if (about === undefined) {
    process.stdout.write(overview(styleFor(process.stdout)));
    return 0;
  }
  const told = await (commands.get(about)?.load() ?? topics.get(about)?.());
  if (told === undefined) return tellUnknown(about);
  if ("definition" in told) return (await import("./frame/run-definition.ts")).tellHelp(told.definition, group);
  process.stdout.write(told.usage);
  return 0;
}

async function tellUnknown(name: string | undefined): Promise<number> {
  if (name === undefined) {
    process.stderr.write(overview());
    return USAGE_ERROR;
  }
  const { nearestName } = await import("../nearest-name.ts");
  const names = [...commands.keys()];
  const near = nearestName(name, names);
  const hint = near === undefined ? `, there are: ${names.join(", ")}` : `: did you mean ${near}?`;
  tellError(`unknown command ${JSON.stringify(name)}${hint}`);
  process.stderr.write("Try uisge --help.\n");
  return USAGE_ERROR;
}

function isHelp(argument: string | undefined): boolean {
  return argument === "--help" || argument === "-h" || argument === "help";
}

/** Where the options are told of the command that was asked for. */
function helpOf(name = ""): string {
  return commands.has(name) ? `${name} --help` : "--help";
}

/** Without what a terminal would obey: what was typed, read or answered may be in it. */
function tellError(text: string): void {
  const shown = text.replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
  process.stderr.write(`${styleFor(process.stderr).red("uisge:")} ${shown}\n`);
}

try {
  // Not by exitCode alone: an application's timers must not keep a stopped server alive.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  const exitCode = exitCodeOf(error);
  const cause = error instanceof Error && error.cause instanceof Error ? `\n${error.cause.stack}` : "";
  const text = error instanceof Error ? error.message : String(error);
  tellError(`${text}${exitCode === 70 ? cause : ""}`);
  if (exitCode === USAGE_ERROR) process.stderr.write(`Try uisge ${helpOf(process.argv[2])}.\n`);
  process.exit(exitCode);
}
