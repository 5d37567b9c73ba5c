/** All that says how `uisge serve` shall serve: files, the environment, the command line; the last one counts. */
import { existsSync } from "node:fs";
import { basename, extname } from "node:path";
import { type Given, type Loaded, loadConfig, optionTables } from "../../config/index.ts";
import { typeError } from "../../errors.ts";
import type { Parsed } from "../frame/definition.ts";
import { type FlagValues, givensOfFlags } from "../options/flags.ts";

export interface Said extends Omit<Parsed, "values"> {
  readonly values: FlagValues;
  /** Those of `--config`. */
  readonly files: readonly string[];
}

/** What is no application, but a configuration, where it stands without `--config`, as uWSGI takes one. */
const configurations: ReadonlySet<string> = new Set([".ini", ".yaml", ".yml", ".toml", ".json"]);

/** Looked for where nothing else says what is to be served. */
const usualFiles = [
  "uisge.ini",
  "uisge.yaml",
  "uisge.yml",
  "uisge.toml",
  "uisge.json",
  "uisge.config.js",
  "uisge.config.mjs",
  "uisge.config.ts",
] as const;

/**
 * Reads them. Rejects with a TypeError (`UWSGI_INVALID_ARGUMENT`) for a command line that cannot be meant, and as
 * `loadConfig`.
 */
export async function readSources({ files, values, positionals, rest }: Said): Promise<Loaded> {
  const named = positionals.filter((name) => !isConfiguration(name));
  const [application] = named;
  if (named.length > 1) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `serve takes one application, path[:export]; got ${named.length}`);
  }
  const all = [...files, ...positionals.filter(isConfiguration)];
  const isSaid = application !== undefined || process.env["UISGE_APPLICATION"] !== undefined || all.length > 0;
  const flags: Given[] = [
    ...givensOfFlags(values, optionTables.serve),
    ...(application === undefined ? [] : [saidBy("application", application, "APP")]),
    ...rest.map((value) => saidBy("args", value, "--")),
    // Without a master nobody would hear the emperor, nor that it has ended.
    ...(isVassal() ? [saidBy("master", "true", "--master")] : []),
  ];
  return loadConfig({ files: isSaid ? all : usual(), flags, defaults: isVassal() ? defaultsOfVassal(all) : [] });
}

function isVassal(): boolean {
  return process.env["UISGE_EMPEROR"] !== undefined;
}

/** Its name is that of its file. */
function defaultsOfVassal([file]: readonly string[]): readonly Given[] {
  if (file === undefined) return [];
  const origin = { kind: "default" } as const;
  const name = basename(file, extname(file));
  return name === "" ? [] : [{ name: "name", value: name, origin }];
}

function saidBy(name: string, value: string, flag: string): Given {
  return { name, value, origin: { kind: "flag", flag } };
}

function isConfiguration(name: string): boolean {
  // `shop.ini:staging` is a section of it.
  return configurations.has(extname(name.replace(/:[^/:]*$/, "")).toLowerCase());
}

/** The file of the usual name that is here. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) where there are several. */
function usual(): readonly string[] {
  const found = usualFiles.filter((name) => existsSync(name));
  if (found.length < 2) return found;
  throw typeError("UWSGI_INVALID_ARGUMENT", `there are ${found.join(", ")}: say which one by --config`);
}
