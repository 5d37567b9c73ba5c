/** Runs a command by its definition: its help, or what it does with what was asked for. */
import { badOption } from "../read-options.ts";
import type { CommandDefinition } from "./definition.ts";
import { styleFor } from "./style.ts";
import { visible } from "./visible.ts";

/** Resolves with the exit code; rejects with what the command rejects with, and a TypeError for arguments that are wrong. */
export async function runDefinition(definition: CommandDefinition, args: readonly string[]): Promise<number> {
  if (definition.readsArguments === true) return definition.run({ values: {}, positionals: [], rest: args });
  const at = helpAt(definition, args);
  if (at !== -1) return tellHelp(definition, args[at + 1]);
  // Loaded for what is parsed alone.
  const { checkChoice, parseArguments } = await import("./to-commander.ts");
  const { isHelp, ...parsed } = parseArguments(definition, args);
  // In one word with other options: `-qh`.
  if (isHelp) return tellHelp(definition);
  checkCount(definition, parsed.positionals);
  for (const [index, { name, choices }] of (definition.positionals ?? []).entries()) {
    const given = parsed.positionals[index];
    if (choices !== undefined && given !== undefined) checkChoice(name, given, choices);
  }
  return definition.run(parsed);
}

/** Prints the help of a command, or of one group of its options. */
export async function tellHelp(definition: CommandDefinition, word?: string): Promise<number> {
  const { groupOf, helpText } = await import("./help-text.ts");
  process.stdout.write(helpText(definition, groupOf(definition, word), styleFor(process.stdout)));
  return 0;
}

/** Whoever is in doubt adds `--help` to what is there, however wrong that is. */
function helpAt({ passesArguments }: CommandDefinition, args: readonly string[]): number {
  const end = passesArguments === true ? args.indexOf("--") : -1;
  const own = end === -1 ? args : args.slice(0, end);
  if (own[0] === "help") return 0;
  return own.findIndex((argument) => argument === "--help" || argument === "-h");
}

function checkCount({ name, positionals = [] }: CommandDefinition, given: readonly string[]): void {
  const least = positionals.filter(({ isOptional }) => isOptional !== true).length;
  const most = positionals.at(-1)?.repeats === true ? Number.POSITIVE_INFINITY : positionals.length;
  if (given.length >= least && given.length <= most) return;
  if (most === 0) throw badOption(`${name} takes options alone; got ${visible(JSON.stringify(given[0]))}`);
  const those = given.length < least ? positionals.filter(({ isOptional }) => isOptional !== true) : positionals;
  const wanted = those.map((positional) => `one ${spoken(positional.name)}`).join(" and ");
  throw badOption(`${name} takes ${wanted}; got ${given.length}`);
}

/** `NAME, PID or PATH` of `NAME|PID|PATH`. */
function spoken(name: string): string {
  return name.replace(/\|([^|]*)$/, " or $1").replaceAll("|", ", ");
}
