/**
 * What commander takes, and nobody means: an option as the value of the one before it, and a value for an option that has
 * none. Pure.
 */
import { badOption } from "../read-options.ts";
import type { CommandDefinition, CommandOption } from "./definition.ts";
import { visible } from "./visible.ts";

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`). What is no option that there is, is left to commander. */
export function checkShape({ options }: CommandDefinition, args: readonly string[]): void {
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? "";
    if (argument === "--") return;
    const wanting = argument.startsWith("--") ? longOption(options, argument) : shortOption(options, argument);
    if (wanting === undefined || wanting.bare !== undefined) continue;
    checkValue(wanting, args[++at]);
  }
}

/** The option, where its value is the next argument. */
function longOption(options: readonly CommandOption[], argument: string): CommandOption | undefined {
  const equals = argument.indexOf("=");
  const name = argument.slice(2, equals === -1 ? undefined : equals);
  const option = options.find((one) => one.name === name);
  if (option?.value !== undefined) return equals === -1 ? option : undefined;
  if (option !== undefined && equals !== -1) throw badOption(`--${name} takes no value; got ${visible(argument)}`);
  return undefined;
}

/** The same of `-c`, or of the last in `-qc`. */
function shortOption(options: readonly CommandOption[], argument: string): CommandOption | undefined {
  if (!argument.startsWith("-")) return undefined;
  for (let at = 1; at < argument.length; at++) {
    const option = options.find(({ short }) => short === argument[at]);
    if (option === undefined) return undefined;
    if (option.value !== undefined) return at === argument.length - 1 ? option : undefined;
  }
  return undefined;
}

function checkValue({ name, value = "" }: CommandOption, text: string | undefined): void {
  if (text === undefined) throw badOption(`--${name} needs a value: --${name} ${value}`);
  // `->` begins no option, and a rule.
  if (!/^-[-\w]/.test(text)) return;
  const shown = visible(text);
  throw badOption(`--${name} needs a value, and ${shown} looks like an option; if it is meant: --${name}=${shown}`);
}
