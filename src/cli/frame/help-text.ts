/** What `uisge COMMAND --help` prints: a screen of 80 columns and 30 lines, made from the definition. */
import { exitCodes as known } from "../../process/index.ts";
import type { CommandDefinition, CommandOption } from "./definition.ts";
import { plain, type Style } from "./style.ts";
import { layOut } from "./to-commander.ts";

const helpOption: CommandOption = { name: "help", short: "h", summary: "print this" };

/** `group`: its options alone. */
export function helpText(definition: CommandDefinition, group?: string, style: Style = plain): string {
  const { name, summary, notes = [], examples } = definition;
  const options = definition.options.filter(({ isHidden }) => isHidden !== true);
  const title = `${style.bold(`uisge ${name}`)}: ${summary}\n\n`;
  if (group !== undefined) {
    const own = options.filter((option) => option.group === group);
    return title + layOut({ ...definition, positionals: [] }, own, style);
  }
  const groups = minorGroups(definition);
  const shown = options.filter(({ isMinor }) => isMinor !== true).map((option) => withoutGroup(option, groups));
  const more = groups.length === 0 ? [] : [`More options: uisge ${name} --help ${groups.join("|")}`];
  return [
    title + layOut(definition, [...shown, helpOption], style).trimEnd(),
    "",
    ...[...more, ...notes].map((text) => fold(text)),
    style.bold(examples.length === 1 ? "Example:" : "Examples:"),
    ...examples.map((example) => `  ${example}`),
    fold(
      `${style.bold("Exit codes:")} ${exitsOf(definition)
        .map(([code, meaning]) => `${code} ${meaning}`)
        .join(", ")}.`,
    ),
    "",
  ].join("\n");
}

/** What is told of a group elsewhere needs no heading on the first screen. */
function withoutGroup({ group, ...option }: CommandOption, groups: readonly string[]): CommandOption {
  return group === undefined || groups.includes(group) ? option : { ...option, group };
}

/** The group of that name; undefined where there is none. */
export function groupOf({ options }: CommandDefinition, word = ""): string | undefined {
  return options.find(({ group }) => group?.toLowerCase() === word.toLowerCase())?.group;
}

/** Those of which the first screen does not tell all. */
export function minorGroups({ options }: CommandDefinition): string[] {
  return [
    ...new Set(options.flatMap(({ group, isMinor }) => (isMinor === true && group !== undefined ? [group] : []))),
  ];
}

/** With those that all commands have, in order. */
export function exitsOf({
  exitCodes = [],
  readsArguments,
}: CommandDefinition): (readonly [code: number, meaning: string])[] {
  const own = exitCodes.map((row) => (typeof row === "number" ? ([row, meaningOf(row)] as const) : row));
  // What is not ours to design has codes of its own.
  if (readsArguments === true) return own;
  const all = new Map([[0, "done"], [1, meaningOf(1)], [64, meaningOf(64)], ...own] as const);
  return [...all].sort(([a], [b]) => a - b);
}

function meaningOf(code: number): string {
  return known.find(({ exitCode }) => exitCode === code)?.meaning ?? "";
}

const SCREEN = 80;

/** Lines of at most 80 columns; what makes it bold takes none. */
function fold(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    const next = line === "" ? word : `${line} ${word}`;
    // oxlint-disable-next-line no-control-regex
    if (next.replace(/\u001b\[\d+m/g, "").length <= SCREEN) lines[lines.length - 1] = next;
    else lines.push(word);
  }
  return lines.join("\n");
}
