/**
 * A definition becomes a command of commander's, which reads arguments, lays out help and finds what was meant. Nothing else
 * knows that package, and it is loaded when the one command that is run needs it.
 */
import { Argument, Command, CommanderError, Option } from "commander";
import { badOption } from "../read-options.ts";
import { checkShape } from "./check-shape.ts";
import type { CommandDefinition, CommandOption, Parsed } from "./definition.ts";
import { nearestName } from "../../nearest-name.ts";
import { plain, type Style } from "./style.ts";
import { visible } from "./visible.ts";

/** All commands have it. */
const help: CommandOption = { name: "help", short: "h", summary: "" };

/** Reads arguments. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) that says what is wrong, and what was meant where that is near. */
export function parseArguments(
  definition: CommandDefinition,
  args: readonly string[],
): Parsed & { readonly isHelp: boolean } {
  const end = definition.passesArguments === true ? args.indexOf("--") : -1;
  const given = end === -1 ? args : args.slice(0, end);
  const own = definition.prepare?.(given) ?? given;
  checkShape(definition, own);
  const command = new Command(definition.name)
    .helpOption(false)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .argument("[words...]")
    .action(() => {});
  for (const option of [...definition.options, help]) command.addOption(new NamedOption(option));
  try {
    command.parse(own, { from: "user" });
  } catch (error) {
    throw error instanceof CommanderError ? badOption(reworded(error.message)) : error;
  }
  const { help: isHelp, ...values } = command.opts<Record<string, string | boolean | string[]>>();
  return { values, positionals: command.args, rest: end === -1 ? [] : args.slice(end + 1), isHelp: isHelp === true };
}

/** Options keep their own names, `no-` and dashes too; those that repeat make a list; choices are checked. */
class NamedOption extends Option {
  constructor(option: CommandOption) {
    super(flagsOf(option, "<", ">"), option.summary);
    // What begins with `no-` is a name as others are.
    this.negate = false;
    if (option.bare !== undefined) this.preset(option.bare);
    if (option.value === undefined) return;
    this.argParser<string | string[]>((text, before) => {
      if (option.choices !== undefined) checkChoice(`--${option.name}`, text, option.choices);
      if (option.repeats !== true) return text;
      return Array.isArray(before) ? [...before, text] : [text];
    });
  }

  override attributeName(): string {
    return this.name();
  }
}

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is none of them. */
export function checkChoice(option: string, text: string, choices: readonly string[]): void {
  if (choices.includes(text)) return;
  const near = nearestName(text, choices);
  const meant = near === undefined ? "" : `did you mean ${near}? `;
  throw badOption(`${option} ${visible(text)}: ${meant}there are ${choices.join(", ")}`);
}

/** `error: unknown option '--x'\n(Did you mean --y?)` as we say things. */
function reworded(message: string): string {
  const [first = "", second = ""] = message.replace(/^error: /, "").split("\n(Did you mean ");
  return visible(second === "" ? first : `${first}: did you mean ${second.replace(/\)$/, "")}`);
}

function flagsOf({ name, short, value, bare }: CommandOption, open: string, close: string): string {
  const behind = value === undefined ? "" : bare !== undefined ? ` [${value}]` : ` ${open}${value}${close}`;
  return `${short === undefined ? "" : `-${short}, `}--${name}${behind}`;
}

/** Columns of a screen. */
const SCREEN = 80;

/** Longer names of options have what is said of them in the next line. */
const WIDEST_TERM = 26;

/** Usage, arguments and options as help shows them; what stands before and behind is not commander's. */
export function layOut(
  { name, synopsis, positionals = [] }: CommandDefinition,
  options: readonly CommandOption[],
  style: Style = plain,
): string {
  const screen = new Command(`uisge ${name}`)
    .helpOption(false)
    .usage(synopsis.join(`\n       uisge ${name} `).trimEnd())
    .configureOutput({ getOutHelpWidth: () => SCREEN, getOutHasColors: () => true })
    .configureHelp({
      styleTitle: (title) => style.bold(title),
      optionTerm: (option) => option.flags.replace(/<(.*)>$/, "$1"),
      padWidth: (command, helper) =>
        Math.min(
          WIDEST_TERM,
          Math.max(helper.longestOptionTermLength(command, helper), helper.longestArgumentTermLength(command, helper)),
        ),
      formatItem: (term, width, description, helper) =>
        item(term, width, helper.boxWrap(description, SCREEN - width - 4)),
    });
  for (const positional of positionals) screen.addArgument(new Argument(`[${positional.name}]`, positional.summary));
  for (const option of options) {
    const row = new Option(flagsOf(option, "<", ">"), option.summary);
    screen.addOption(row.helpGroup(option.group === undefined ? "Options:" : `Options, ${option.group}:`));
  }
  return screen.helpInformation();
}

function item(term: string, width: number, description: string): string {
  const lines = description.split("\n").filter((line) => line !== "");
  const indent = " ".repeat(width + 4);
  const [first = "", ...more] = lines;
  const start =
    term.length > width && first !== ""
      ? [`  ${term}`, `${indent}${first}`]
      : [`  ${term.padEnd(width)}  ${first}`.trimEnd()];
  return [...start, ...more.map((line) => `${indent}${line}`)].join("\n");
}
