/** The page of all options, as Markdown: made from the table, for `uisge config docs` and docs/options.md. Pure. */
import type { Option, OptionGroup } from "./option.ts";
import { optionTables } from "./option-table.ts";

const titles: Readonly<Record<OptionGroup, string>> = {
  application: "Application",
  sockets: "Sockets",
  limits: "Limits and deadlines",
  processes: "Processes",
  users: "Users and environment of the workers",
  reload: "Reloads",
  beside: "Programs beside the workers",
  announce: "Announcements to routers",
  logs: "Logs",
  parts: "Middleware, upstreams, gateways",
  http: "HTTP",
  nodes: "Nodes",
  rules: "Rules",
  config: "Configuration",
};

export function optionsPage(): string {
  return `# Options

Made from the schema by \`npm run docs\`; \`uisge config docs\` prints it. The name of an option is the same everywhere:
\`--max-requests 1000\` on the command line, \`max-requests = 1000\` in an ini file, \`max-requests: 1000\` in YAML and JSON,
\`UISGE_MAX_REQUESTS=1000\` in the environment. [Configuration](configuration.md) says how they go together. Durations are
seconds.

uWSGI's names with uWSGI's meaning have a **u** behind them. An option with an **m** makes a master where there is none.

${sections("serve")}
## Upstreams

What \`upstream\` may have: several servers as one, by a name that gateways and rules use.

${rowsOf(optionTables.upstream)}
## Bridges

What \`uisge bridge\` may be told, and a \`gateway\` with \`"type": "bridge"\`.

${rowsOf(optionTables.bridge)}
## Routers

What \`uisge route\` may be told, and a \`gateway\` with \`"type": "route"\`.

${rowsOf(optionTables.route)}`;
}

function sections(table: keyof typeof optionTables): string {
  const options = optionTables[table];
  const groups = [...new Set(options.map(({ group }) => group))];
  return groups
    .map((group) => `## ${titles[group]}\n\n${rowsOf(options.filter((option) => option.group === group))}`)
    .join("\n");
}

function rowsOf(options: readonly Option[]): string {
  return `| option | value | default | what it is |\n| --- | --- | --- | --- |\n${options.map(rowOf).join("")}`;
}

function rowOf(option: Option): string {
  const { name, summary, details, value, isOfUwsgi, makesMaster, aliases = [], default: fallback = "" } = option;
  const marks = [isOfUwsgi === true ? "u" : "", makesMaster === true ? "m" : ""].filter((mark) => mark !== "");
  const names = [`\`${name}\``, ...marks.map((mark) => `**${mark}**`)].join(" ");
  const also = aliases.length === 0 ? "" : ` Also called ${aliases.map((alias) => `\`${alias}\``).join(", ")}.`;
  const text = `${summary}.${details === undefined ? "" : ` ${details}`}${also}`;
  return `| ${[names, cell(valueOf(option, value)), cell(fallback), escaped(text)].join(" | ")} |\n`;
}

function valueOf({ kind, choices, isList }: Option, value: string | undefined): string {
  const one =
    choices === undefined || kind === "named" ? (kind === "flag" ? "true" : (value ?? kind)) : choices.join(", ");
  return isList === true ? `${one}, more than one` : one;
}

function cell(text: string): string {
  return text === "" ? "" : escaped(text);
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "\\<");
}
