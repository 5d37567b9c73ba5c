#!/usr/bin/env node
/** The `uisge` command: finds what was asked for, runs it, maps its end to an exit code. */
import { exitCodeOf } from "./exit-codes.ts";
import { serveCommand, splitArguments } from "./serve-command.ts";
import { usage } from "./usage.ts";
import { version } from "./version.ts";

const USAGE_ERROR = 64;

async function main([command, ...args]: readonly string[]): Promise<number> {
  if (command === "--version" || command === "-v") {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const [own] = splitArguments(args);
  const wantsHelp = [command, ...own].some((arg) => arg === "--help" || arg === "-h" || arg === "help");
  if (wantsHelp) {
    process.stdout.write(usage);
    return 0;
  }
  if (command === "serve") return serveCommand(args);
  process.stderr.write(
    command === undefined ? usage : `uisge: unknown command ${JSON.stringify(command)}, there is: serve\n`,
  );
  return USAGE_ERROR;
}

try {
  // Not by exitCode alone: an application's timers must not keep a stopped server alive.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  const exitCode = exitCodeOf(error);
  const cause = error instanceof Error && error.cause instanceof Error ? `\n${error.cause.stack}` : "";
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`uisge: ${text}${exitCode === 70 ? cause : ""}\n`);
  if (exitCode === USAGE_ERROR) process.stderr.write("Try uisge --help.\n");
  process.exit(exitCode);
}
