/** The files of vassals, as they are on disk. */
import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { ConfigError, errorCode } from "../../errors.ts";
import { type FlagTable, type Vassal, vassalOf } from "./vassal.ts";

const JSON_END = ".json";

/** Those of configurations that are no programs. */
const ENDS = [JSON_END, ".ini", ".yaml", ".yml", ".toml"] as const;

/** More is no configuration, and would be held for each vassal. */
const MOST_BYTES = 2 ** 20;

export interface VassalFile {
  /** Another one for another state of the file. */
  readonly changed: string;
  readonly uid: number;
  /** Reads it. Throws a ConfigError (`UWSGI_BAD_CONFIGURATION`). */
  readonly read: () => Vassal;
}

/** Paths of all files of vassals in a folder. Rejects as `readdir`. */
export async function listVassals(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => !name.startsWith(".") && endOf(name) !== undefined).map((name) => join(folder, name));
}

/**
 * Looks at one; undefined when it is not there. `followsLinks`: false where its owner matters, who must not be that of
 * another's file. Rejects for what cannot be read.
 */
export async function readVassal(
  path: string,
  flags: FlagTable,
  followsLinks: boolean,
): Promise<VassalFile | undefined> {
  try {
    // A fifo must hold up nobody.
    const how = constants.O_RDONLY | constants.O_NONBLOCK | (followsLinks ? 0 : constants.O_NOFOLLOW);
    const file = await open(path, how);
    try {
      const { mtimeNs, ino, size, uid } = await file.stat({ bigint: true });
      const stat = await file.stat();
      if (!stat.isFile()) throw bad(path, "it is no file");
      if (size > MOST_BYTES) throw bad(path, `it has ${size} bytes, at most ${MOST_BYTES} are allowed`);
      const text = await file.readFile("utf8");
      return {
        changed: `${mtimeNs} ${ino} ${size} ${uid}`,
        uid: Number(uid),
        read: () => readText(text, path, flags),
      };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    if (errorCode(error) === "ELOOP") throw bad(path, "it is a link, whose owner proves nothing");
    throw error;
  }
}

function endOf(path: string): string | undefined {
  return ENDS.find((end) => path.endsWith(end));
}

/** A vassal reads its file itself, as `uisge serve --config` does; an object without any in it is its command line. */
function readText(text: string, path: string, flags: FlagTable): Vassal {
  const end = endOf(path);
  const name = basename(path, end);
  const said = end === JSON_END ? parse(text, path) : undefined;
  if (said !== undefined && !hasObjects(said)) return vassalOf(said, name, path, flags);
  return { name, args: ["--config", path], text };
}

/** Such as the options of middleware, for which there is no flag of their own; `$schema` is no flag, either. */
function hasObjects(said: unknown): boolean {
  const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(said)) return false;
  const values = Object.values(said as object).flat() as readonly unknown[];
  return Object.hasOwn(said as object, "$schema") || values.some(isObject);
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw bad(path, `it is no JSON: ${(error as Error).message}`);
  }
}

function bad(path: string, why: string): ConfigError {
  return new ConfigError(`${path}: ${why}`, { code: "UWSGI_BAD_CONFIGURATION" });
}
