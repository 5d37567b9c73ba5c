/** Reads what uWSGI is configured by, as uWSGI reads it: with placeholders and logic carried out. */
import { extname } from "node:path";
import type { Given } from "../given.ts";
import { readIni } from "../ini/read-ini.ts";
import { readConfigFile } from "../load/config-file.ts";
import { systemHost } from "../load/system-host.ts";
import type { ImportRow } from "./imported.ts";

export interface ReadUwsgi {
  readonly givens: readonly Given[];
  /** Names that stand in %(NAME). */
  readonly placeholders: ReadonlySet<string>;
  /** What is wrong in the file. */
  readonly problems: readonly ImportRow[];
}

/** `text` is what the file holds, or what came by standard input: ini, where the name does not say YAML or JSON. */
export async function readUwsgi(path: string, text: string, section: string | undefined): Promise<ReadUwsgi> {
  const extension = extname(path).toLowerCase();
  const host = systemHost();
  const isKnown = [".ini", ".yaml", ".yml", ".json"].includes(extension);
  const read = isKnown
    ? await readConfigFile(section === undefined ? path : `${path}:${section}`, host)
    : iniOf(path, text, section);
  const problems = read.problems.map(({ origin, name, message }): ImportRow => {
    return { option: name ?? "(file)", value: "", origin, verdict: "attention", text: message };
  });
  return { givens: read.givens, placeholders: read.used, problems };
}

function iniOf(path: string, text: string, section: string | undefined): Awaited<ReturnType<typeof readConfigFile>> {
  const host = systemHost();
  const readText: typeof host.readText = (other, most) => (other === path ? text : host.readText(other, most));
  const { entries, problems, files, used } = readIni(path, section, { ...host, readText });
  return { givens: entries, problems, files, used, isUwsgis: true };
}
