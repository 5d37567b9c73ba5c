/** A command's part of docs/commands.md. Pure. */
import type { CommandDefinition, CommandOption } from "./definition.ts";

/** `exits`: all that it ends with, in order. */
export function pageOf(
  definition: CommandDefinition,
  exits: readonly (readonly [code: number, meaning: string])[],
): string {
  const { name, summary, synopsis, positionals = [], notes = [], examples } = definition;
  const options = definition.options.filter(({ isHidden }) => isHidden !== true);
  const groups = [...new Set(options.map(({ group }) => group))];
  const parts = [
    `## uisge ${name}`,
    `${capital(summary)}.`,
    block(synopsis.map((line) => `uisge ${name} ${line}`.trimEnd())),
    ...(positionals.length === 0
      ? []
      : [
          table(
            ["argument", ""],
            positionals.map((row) => [code(row.name), row.summary]),
          ),
        ]),
    ...groups.map((group) => table([group ?? "option", ""], options.filter((one) => one.group === group).map(rowOf))),
    ...notes,
    block(examples),
    `Exit codes: ${exits.map(([exit, meaning]) => `${exit} ${meaning}`).join(", ")}.`,
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The part of a command that has no definition yet. */
export function plainPageOf(name: string, summary: string, usage: string): string {
  return `## uisge ${name}\n\n${capital(summary)}.\n\n${block(usage.trimEnd().split("\n"))}\n`;
}

/** Rows of a table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lineOf = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [lineOf(head), lineOf(head.map(() => "---")), ...rows.map(lineOf)].join("\n");
}

function rowOf({ name, short, value, bare, summary, choices }: CommandOption): readonly string[] {
  const shown = value === undefined ? "" : bare !== undefined ? ` [${value}]` : ` ${value}`;
  const all =
    choices === undefined || choices.every((choice) => summary.includes(choice)) ? "" : `: ${choices.join(", ")}`;
  return [code(`${short === undefined ? "" : `-${short}, `}--${name}${shown}`), `${summary}${all}`];
}

function code(text: string): string {
  return `\`${text}\``;
}

function block(lines: readonly string[]): string {
  return `\`\`\`text\n${lines.join("\n")}\n\`\`\``;
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
