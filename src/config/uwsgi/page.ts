/** The page of all options of uWSGI, as Markdown, for docs/uwsgi-options.md. Pure. */
import { optionTables } from "../option-table.ts";
import { uwsgiGroups } from "./about.ts";
import type { UwsgiGroup } from "./group.ts";

const titles: readonly (readonly [verdict: UwsgiGroup["verdict"], title: string])[] = [
  ["renamed", "Another option says it, or the same in another form"],
  ["always", "It is always so"],
  ["elsewhere", "Something else does it"],
  ["language", "It is about a language that is not ours"],
  ["none", "It has no meaning here"],
];

export function uwsgiPage(): string {
  const sections = titles.map(([verdict, title]) => {
    const rows = [...(verdict === "renamed" ? aliases() : []), ...groupsOf(verdict)];
    return `## ${title}\n\n| uWSGI | uisge |\n| --- | --- |\n${rows.map(([names, text]) => `| ${names} | ${cell(text)} |\n`).join("")}`;
  });
  return `# uWSGI's options

Made from \`src/config/uwsgi\` by \`npm run docs\`: all options of uWSGI 2.0 with its plugins, and those that its next version
has. \`uisge import\` goes by it, [from uWSGI](from-uwsgi.md) is the way, [Options](options.md) are ours.

## The same

${same().join(", ")}

${sections.join("\n")}`;
}

function same(): readonly string[] {
  return optionTables.serve.filter(({ isOfUwsgi }) => isOfUwsgi === true).flatMap(namesOf);
}

/** Names that our options go by, too, and that uWSGI has for them. */
function aliases(): readonly (readonly [names: string, text: string])[] {
  return optionTables.serve
    .filter(({ isOfUwsgi, aliases: others }) => isOfUwsgi !== true && others !== undefined)
    .map((option) => [namesOf(option).slice(1).join(", "), option.name]);
}

function namesOf({ name, aliases: others = [] }: (typeof optionTables.serve)[number]): string[] {
  return [name, ...others].map((one) => `\`${one}\``);
}

function groupsOf(verdict: UwsgiGroup["verdict"]): readonly (readonly [names: string, text: string])[] {
  return uwsgiGroups
    .filter((group) => group.verdict === verdict)
    .map(({ names, text }) => [
      names
        .split(/\s+/)
        .map((name) => `\`${name}\``)
        .join(", "),
      text,
    ]);
}

/** What looks like a tag, and a column, is neither. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("*", "\\*");
}
