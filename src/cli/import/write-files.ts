/** Writes imported configurations. */
import { lstatSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type ImportedFile, loadImporters } from "../../config/index.ts";
import { ConfigError, errorCode } from "../../errors.ts";

export type Format = "ini" | "yaml";

export interface FileText {
  /** With its ending. */
  readonly name: string;
  readonly text: string;
}

/** `source` is named at the top. Throws a ConfigError where ini is asked for and cannot hold a value. */
export async function textsOf(
  files: readonly ImportedFile[],
  source: string,
  format: Format | undefined,
): Promise<readonly FileText[]> {
  const { writeIni, writeYaml } = await loadImporters();
  const from = source === "-" ? "standard input" : basename(source).replace(/\p{C}/gu, "?");
  const notes = [`Made of ${from} by uisge import.`];
  const texts: FileText[] = [];
  for (const file of files) {
    const ini = format === "yaml" ? undefined : writeIni(file, notes);
    if (ini !== undefined && "text" in ini) texts.push({ name: `${file.name}.ini`, text: ini.text });
    else if (ini === undefined || format === undefined) {
      texts.push({ name: `${file.name}.yaml`, text: await writeYaml(file, notes) });
    } else {
      const message = `an ini file cannot hold the values of ${ini.cannot.join(", ")}: --to yaml can`;
      throw new ConfigError(message, { code: "UWSGI_BAD_CONFIGURATION" });
    }
  }
  return texts;
}

/** Into `output`, a folder where it is one, ends like one, or has to hold several. The answer is what was written. */
export function writeFiles(texts: readonly FileText[], output: string, isForced: boolean): readonly string[] {
  const isFolder = texts.length > 1 || output.endsWith("/") || isThere(output);
  if (isFolder) mkdirSync(output, { recursive: true });
  const places = texts.map(({ name, text }) => ({ path: isFolder ? join(output, name) : output, text }));
  // All or none: half of them would be taken for the whole.
  const taken = isForced
    ? undefined
    : places.find(({ path }) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
  if (taken !== undefined) throw isTaken(taken.path);
  for (const { path, text } of places) writeOne(path, text, isForced);
  return places.map(({ path }) => path);
}

function isThere(output: string): boolean {
  return statSync(output, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Environments have passwords in them: nobody else may read it. */
function writeOne(path: string, text: string, isForced: boolean): void {
  try {
    writeFileSync(path, text, { flag: isForced ? "w" : "wx", mode: 0o600 });
  } catch (cause) {
    throw errorCode(cause) === "EEXIST" ? isTaken(path) : cause;
  }
}

function isTaken(path: string): ConfigError {
  return new ConfigError(`${path} is there already: --force writes over it`, { code: "UWSGI_BAD_CONFIGURATION" });
}
