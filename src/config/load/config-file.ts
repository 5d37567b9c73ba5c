/** Reads one file of a configuration, with all that it includes; by its extension. */
import { extname } from "node:path";
import { errorCode } from "../../errors.ts";
import type { Given, Problem } from "../given.ts";
import type { ConfigHost } from "../host.ts";
import type { OtherFile } from "../ini/include.ts";
import { expand } from "../ini/expand.ts";
import { INI_LIMITS } from "../ini/limits.ts";
import { type MagicFile, magicOf, replaceMagic } from "../ini/magic.ts";
import { type IniOptions, readIni } from "../ini/read-ini.ts";
import type { ReadFile } from "../read/read-file.ts";
import { type ExpandText, expandGiven } from "./expand-given.ts";
import { withParts } from "./ini-parts.ts";

/** More is no configuration. */
const MOST_BYTES = 2 ** 20;

/** The same of formats whose parsers take ten seconds and more for a file of `MOST_BYTES` that is made for that. */
const MOST_PARSED_BYTES = 2 ** 17;

function mostBytesOf(format: string): number {
  return /^\.(?:ya?ml|toml)$/.test(format) ? MOST_PARSED_BYTES : MOST_BYTES;
}

/** All that one file says. */
export interface LoadedFile {
  readonly givens: readonly Given[];
  readonly problems: readonly Problem[];
  /** It, and what it includes. */
  readonly files: readonly string[];
  /** Names that only placeholders of the file refer to: they need not be options. */
  readonly used: ReadonlySet<string>;
  /** Its section is uWSGI's, not ours. */
  readonly isUwsgis: boolean;
  /** It is not there, or may not be read: what the system says. */
  readonly fault?: unknown;
}

/** By extension. */
export const CONFIG_EXTENSIONS = [
  ".ini",
  ".yaml",
  ".yml",
  ".toml",
  ".json",
  ".js",
  ".mjs",
  ".cjs",
  ".ts",
  ".mts",
] as const;

/** `FILE`, or `FILE:SECTION` where no file is called so. */
export function splitSection(target: string, host: ConfigHost): MagicFile {
  const colon = target.lastIndexOf(":");
  if (colon < 1 || host.kindOf(target) !== undefined) return { path: target, section: undefined };
  return { path: target.slice(0, colon), section: target.slice(colon + 1) };
}

/** Never rejects: what is wrong is a problem, or the fault. */
export async function readConfigFile(target: string, host: ConfigHost): Promise<LoadedFile> {
  const file = splitSection(target, host);
  const nothing = { givens: [], problems: [], files: [file.path], used: new Set<string>(), isUwsgis: false };
  const extension = extname(file.path).toLowerCase();
  if (!CONFIG_EXTENSIONS.some((known) => known === extension)) {
    const message = `a file with one of the extensions ${CONFIG_EXTENSIONS.join(", ")} is needed`;
    return { ...nothing, problems: [{ origin: { kind: "file", file: file.path }, message }] };
  }
  let text: string;
  try {
    text = host.readText(file.path, mostBytesOf(extension));
  } catch (fault) {
    const code = errorCode(fault);
    if (code !== undefined) return { ...nothing, fault };
    const message = fault instanceof Error ? fault.message : String(fault);
    return { ...nothing, problems: [{ origin: { kind: "file", file: file.path }, message }] };
  }
  const isUwsgis = isUwsgiSection(file, text);
  if (extension === ".ini") return { ...(await readIniFile(file, host)), isUwsgis };
  const read = await readOther({ path: file.path, section: file.section, first: file, format: extension }, text, host);
  return { ...nothing, ...read, isUwsgis };
}

/** As readers choose it: where there is one of ours, that is read. Blanks of one line alone: else the cost is a square. */
function isUwsgiSection({ section }: MagicFile, text: string): boolean {
  if (section !== undefined) return section === "uwsgi";
  const has = (name: string): boolean =>
    new RegExp(`^[ \\t]*(?:\\[${name}\\]|["']?${name}["']?[ \\t]*:)`, "m").test(text);
  return has("uwsgi") && !has("uisge");
}

type Read = Pick<LoadedFile, "givens" | "problems">;

/** What an ini file includes is read beforehand: its reader waits for nothing. */
async function readIniFile(file: MagicFile, host: ConfigHost): Promise<Omit<LoadedFile, "isUwsgis">> {
  const others = new Map<string, Read>();
  for (;;) {
    const missing = new Map<string, OtherFile>();
    const options: IniOptions = {
      readOther: (other) => {
        const key = JSON.stringify([other.path, other.section]);
        const read = others.get(key);
        if (read === undefined) missing.set(key, other);
        return { entries: read?.givens ?? [], problems: read?.problems ?? [] };
      },
    };
    const { entries, sections, problems, files, used } = readIni(file.path, file.section, host, options);
    if (missing.size === 0) {
      const paths = new Set([
        file.path,
        ...files,
        ...[...others.keys()].map((key) => (JSON.parse(key) as string[])[0] ?? ""),
      ]);
      return { givens: withParts(entries, sections), problems, files: [...paths], used };
    }
    for (const [key, other] of missing) others.set(key, await readIncluded(other, host));
  }
}

async function readIncluded(other: OtherFile, host: ConfigHost): Promise<Read> {
  try {
    return await readOther(
      { ...other, format: `.${other.format}`, isIncluded: true },
      host.readText(other.path, mostBytesOf(`.${other.format}`)),
      host,
    );
  } catch (error) {
    const message = `${other.path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { givens: [], problems: [{ origin: other.origin, message }] };
  }
}

interface OtherPlace extends MagicFile {
  /** With its dot. */
  readonly format: string;
  readonly first: MagicFile;
  /** By an ini file. */
  readonly isIncluded?: boolean;
}

async function readOther(place: OtherPlace, text: string, host: ConfigHost): Promise<Read> {
  const { path, section } = place;
  const { givens, problems } = await readerOf(place.format)(text, path, section);
  // A program puts in itself what it likes.
  if (isModule(place.format)) return { givens, problems };
  const all: Problem[] = [...problems];
  const expandText = expanderOf(place, host);
  return { givens: givens.map((given) => expandGiven(given, expandText, all)), problems: all };
}

/** No character: it keeps apart, while references are looked for, what `$$(` and `@@(` say is none. */
const NOTHING = "\uffff";

/** Placeholders `%(name)` are not put in: they are those of an ini file, or of a format of logs. */
function expanderOf({ path, section, first, isIncluded }: OtherPlace, host: ConfigHost): ExpandText {
  const magic = magicOf({ path, section }, first, host);
  // An ini file puts in the rest itself: twice would be once too often.
  if (isIncluded === true) return (text, tell) => replaceMagic(text, magic, tell);
  const budget = { left: INI_LIMITS.expandedLength };
  return (text, tell) => {
    const expanded = expand(text.replaceAll(/([$@])\1\(/g, `$1${NOTHING}(`), { host, magic, budget });
    for (const message of expanded.problems) tell(message);
    return expanded.text.replaceAll(NOTHING, "");
  };
}

function isModule(format: string): boolean {
  return /^\.[cm]?[jt]s$/.test(format);
}

/** Each loads the library that it needs. */
function readerOf(format: string): (text: string, file: string, section: string | undefined) => Promise<ReadFile> {
  return async (text, file, section) => {
    if (isModule(format)) return (await import("../read/read-module.ts")).readModule(file, section);
    if (format === ".toml") return (await import("../read/read-toml.ts")).readToml(text, file, section);
    if (format === ".json") return (await import("../read/read-json.ts")).readJson(text, file, section);
    return (await import("../read/read-yaml.ts")).readYaml(text, file, section);
  };
}
