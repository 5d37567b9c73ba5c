/** The `uisge` command, run when it is imported: finds what was asked for, runs it, maps its end to an exit code. */
import { exitCodeOf, version } from "../process/index.ts";
import { commands, overview, topics } from "./commands.ts";

const USAGE_ERROR = 64;

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === "--version" || name === "-v") {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (isHelp(name)) {
    const [about = ""] = name === "help" ? args : [];
    const told = await (commands.get(about)?.load() ?? topics.get(about)?.());
    process.stdout.write(told?.usage ?? overview());
    return 0;
  }
  const command = commands.get(name ?? "");
  if (command === undefined) {
    const known = [...commands.keys()].join(", ");
    process.stderr.write(
      name === undefined ? overview() : `uisge: unknown command ${JSON.stringify(name)}, there are: ${known}\n`,
    );
    return USAGE_ERROR;
  }
  const { usage, run, passesArguments, findsHelp } = await command.load();
  const end = passesArguments === true ? args.indexOf("--") : -1;
  if (findsHelp !== true && (end === -1 ? args : args.slice(0, end)).some(isHelp)) {
    process.stdout.write(usage);
    return 0;
  }
  return run(args);
}

function isHelp(argument: string | undefined): boolean {
  return argument === "--help" || argument === "-h" || argument === "help";
}

/** Where the options are told of the command that was asked for. */
function helpOf(name = ""): string {
  return commands.has(name) ? `${name} --help` : "--help";
}

try {
  // Not by exitCode alone: an application's timers must not keep a stopped server alive.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  const exitCode = exitCodeOf(error);
  const cause = error instanceof Error && error.cause instanceof Error ? `\n${error.cause.stack}` : "";
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`uisge: ${text}${exitCode === 70 ? cause : ""}\n`);
  if (exitCode === USAGE_ERROR) process.stderr.write(`Try uisge ${helpOf(process.argv[2])}.\n`);
  process.exit(exitCode);
}
