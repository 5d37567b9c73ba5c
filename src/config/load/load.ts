/** All sources of a configuration, read and settled: files in their order, the environment, flags. */
import { ConfigError } from "../../errors.ts";
import type { Given, Problem } from "../given.ts";
import type { ConfigHost } from "../host.ts";
import type { Option } from "../option.ts";
import { optionTables } from "../option-table.ts";
import { readEnvironment } from "../read/read-environment.ts";
import { type ExplainUnknown, type Settled, settle } from "../settle.ts";
import { explainUnknown } from "../unknown-option.ts";
import { systemHost } from "./system-host.ts";

export interface LoadOptions {
  /** `FILE` or `FILE:SECTION`; a later one counts more. */
  readonly files?: readonly string[];
  /** Where relative paths of files begin, and those in them, but for modules. Default: that of the process. */
  readonly folder?: string;
  /** `UISGE_*` in it count more than files. Default: that of the process. */
  readonly env?: ConfigHost["env"];
  /** They count least. */
  readonly defaults?: readonly Given[];
  /** They count most. */
  readonly flags?: readonly Given[];
}

/** More of them come from the first ones, and would fill logs. */
const MOST_PROBLEMS = 200;

export interface Loaded extends Settled {
  /** Those that were read, with what they include. */
  readonly files: readonly string[];
  /** What is odd, and changes nothing. */
  readonly warnings: readonly Problem[];
}

/**
 * Reads and settles the sources of `uisge serve`. What is wrong with them is in `problems`. Rejects with a ConfigError
 * (`UWSGI_NO_CONFIGURATION`) for a file that is not there, or may not be read (`cause` says which).
 */
export async function loadConfig({
  files = [],
  env = process.env,
  flags = [],
  defaults = [],
  folder = process.cwd(),
}: LoadOptions): Promise<Loaded> {
  const host = systemHost(env, folder);
  const names = namesOf(optionTables.serve);
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const sources: (readonly Given[])[] = [defaults];
  const read = new Set<string>();
  for (const file of files) {
    // Most servers have no file, and need no reader.
    const { readConfigFile } = await import("./config-file.ts");
    const loaded = await readConfigFile(file, host);
    if (loaded.fault !== undefined) throw noConfiguration(file, loaded.fault);
    for (const path of loaded.files) read.add(path);
    for (const problem of loaded.problems) problems.push(problem);
    const said = loaded.givens.filter(({ name }) => names.has(name) || !loaded.used.has(name));
    const { judgeUwsgiOptions } = await import("./uwsgi-options.ts");
    const judged = judgeUwsgiOptions(said, names, loaded.isUwsgis);
    for (const problem of judged.problems) problems.push(problem);
    warnings.push(...judged.warnings);
    sources.push(judged.givens);
  }
  const environment = readEnvironment(env, names);
  sources.push(environment.givens, flags);
  const settled = settle(sources, "serve", await explainerOf(sources, names));
  return {
    ...settled,
    problems: [...problems, ...environment.problems.filter(isOfOption), ...settled.problems].slice(0, MOST_PROBLEMS),
    warnings: [...warnings, ...environment.problems.filter((problem) => !isOfOption(problem))],
    files: [...read],
  };
}

/** The table of uWSGI's options is large: it is loaded where a name is not known. */
async function explainerOf(
  sources: readonly (readonly Given[])[],
  names: ReadonlySet<string>,
): Promise<ExplainUnknown> {
  if (sources.every((source) => source.every(({ name }) => names.has(name)))) return explainUnknown;
  const { explainUwsgiOption } = await import("../uwsgi/about.ts");
  return (name, options) => explainUwsgiOption(name) ?? explainUnknown(name, options);
}

function namesOf(options: readonly Option[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name, aliases = [] } of options) for (const one of [name, ...aliases]) names.add(one);
  return names;
}

function isOfOption({ name }: Problem): boolean {
  return name !== undefined;
}

function noConfiguration(file: string, cause: unknown): ConfigError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConfigError(`${file}: ${reason}`, { code: "UWSGI_NO_CONFIGURATION", cause });
}
