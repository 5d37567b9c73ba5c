/** `uisge config`: what a configuration says, where each value comes from, and what may be said at all. */
import { fileURLToPath } from "node:url";
import { type Loaded, optionsPage, originText, problemText } from "../config/index.ts";
import { ConfigError, typeError } from "../errors.ts";
import { jsonLine } from "./control/columns.ts";
import type { CommandDefinition, Parsed } from "./frame/definition.ts";
import { visible } from "./frame/visible.ts";
import { problemsOfParts } from "./serve/problems-of-parts.ts";
import { readSources } from "./serve/sources.ts";
import { shownConfig } from "./serve/shown-config.ts";
import { print } from "./standard-streams.ts";

const actions = ["check", "show", "schema", "docs"] as const;

export const definition: CommandDefinition = {
  name: "config",
  summary: "check and show configurations of serve",
  synopsis: ["check|show [FILE[:SECTION]...] [options]", "schema", "docs"],
  positionals: [
    { name: "ACTION", summary: "check, show, schema or docs", choices: actions },
    {
      name: "FILE",
      summary: "as of uisge serve --config; without one, those that it would find",
      isOptional: true,
      repeats: true,
      completes: "file",
    },
  ],
  options: [
    { name: "json", summary: "as one JSON object" },
    { name: "secrets", summary: "show the values of keys, passwords and the like, too" },
  ],
  notes: [
    "check says all that is wrong, by file and line, and with what was likely meant.",
    "show prints each value with where it was said: a file and its line, a variable of the environment; what is left out " +
      "has its default.",
    "schema prints a JSON Schema for editors, docs the page of all options.",
  ],
  examples: [
    "uisge config check /etc/uisge/shop.ini",
    "uisge config show uisge.yaml --json",
    "uisge config schema > uisge.schema.json",
  ],
  exitCodes: [
    [65, "something is wrong in a file"],
    [66, "there is no such file"],
  ],
  run,
};

/** Resolves with the exit code. */
async function run({ values, positionals }: Parsed): Promise<number> {
  const [action, ...files] = positionals;
  if (action === "schema" || action === "docs") {
    if (files.length > 0)
      throw typeError("UWSGI_INVALID_ARGUMENT", `config ${action} reads no file; got ${files.length}`);
    return printed(action === "schema" ? await schemaText() : optionsPage());
  }
  const loaded = await readSources({ files, values: {}, positionals: [], rest: [] });
  if (loaded.files.length === 0 && loaded.origins.size === 0) {
    // In the wrong folder nothing would ever be wrong.
    throw new ConfigError("no configuration is here: FILE is needed, or uisge.ini and the like in this folder", {
      code: "UWSGI_NO_CONFIGURATION",
    });
  }
  const isJson = values["json"] === true;
  const problems = loaded.problems.length > 0 ? loaded.problems : await problemsOfParts(loaded);
  if (problems.length > 0) {
    if (isJson)
      await print(jsonLine({ problems: problems.map(problemRow), warnings: loaded.warnings.map(problemRow) }));
    else process.stderr.write(problems.map((problem) => `${visible(problemText(problem))}\n`).join(""));
    return problems.every(({ origin }) => origin.kind === "file") ? 65 : 64;
  }
  if (action === "show") return printed(shownConfig(loaded, { isJson, showsSecrets: values["secrets"] === true }));
  if (!isJson) return printed(checkedText(loaded));
  return printed(jsonLine({ problems: [], warnings: loaded.warnings.map(problemRow) }));
}

async function printed(text: string): Promise<number> {
  await print(text);
  return 0;
}

function problemRow(problem: Loaded["problems"][number]): object {
  const { origin, name, message } = problem;
  return {
    where: originText(origin),
    ...(origin.kind === "file" ? { file: origin.file, line: origin.line } : {}),
    option: name,
    message,
  };
}

function checkedText({ values, files, warnings }: Loaded): string {
  const said = Object.keys(values).length;
  const odd = warnings.map((warning) => `${visible(`${originText(warning.origin)}: ${warning.message}`)}\n`).join("");
  return `${odd}${visible(files.join(", ")) || "no file"}: ${said} options, nothing wrong\n`;
}

/** The file that stands beside the package. */
async function schemaText(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(fileURLToPath(new URL("../../uisge.schema.json", import.meta.url)), "utf8");
}
