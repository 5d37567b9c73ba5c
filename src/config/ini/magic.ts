/**
 * uWSGI's magic variables, a percent sign and one character: what they stand for (`config_magic_table_fill` and `uwsgi_setup`
 * in `core/uwsgi.c`) and how they are put in (`magic_sub` in `core/utils.c`). Pure.
 */
import type { ConfigHost } from "../host.ts";
import { shown } from "./shown.ts";

/** A file that is read, as the magic variables tell of it. */
export interface MagicFile {
  readonly path: string;
  /** As it was asked for; undefined: the one without a name. */
  readonly section: string | undefined;
}

/** What stands for a character; undefined where it has no meaning. */
export type MagicTable = (character: string) => string | undefined;

type Source = (file: MagicFile, host: ConfigHost) => string;

/** Of the file in which they stand; in capitals, of the one that was asked for first. */
const ofFile: Readonly<Record<string, Source>> = {
  o: (file) => file.path,
  p: fullPath,
  s: (file, host) => baseOf(fullPath(file, host)),
  d: folderOf,
  e: (file, host) => splitName(baseOf(fullPath(file, host))).extension,
  n: (file, host) => splitName(baseOf(fullPath(file, host))).stem,
  c: (file, host) => foldersOf(file, host).at(-1) ?? "",
  x: (file) => file.section ?? "",
  i: (file, host) => String(host.inodeOf(fullPath(file, host)) ?? ""),
  j: (file, host) => djb33x(fullPath(file, host)),
};

const ofHost: Readonly<Record<string, (host: ConfigHost) => string>> = {
  v: (host) => host.cwd,
  h: (host) => host.hostname,
  t: (host) => String(Math.floor(host.startedAtMs / 1_000)),
  T: (host) => String(Math.floor(host.startedAtMs * 1_000)),
  V: (host) => host.version,
  k: (host) => String(host.processors),
  u: (host) => String(host.uid),
  U: (host) => host.user,
  g: (host) => String(host.gid),
  G: (host) => host.group,
  b: (host) => host.executable,
  "[": () => "\u001b",
  "%": () => "%",
  // Of a placeholder, which has its turn later.
  "(": () => "%(",
};

/** The table of `file`. `first`: the file that was asked for, which `file` may be a part of. */
export function magicOf(file: MagicFile, first: MagicFile, host: ConfigHost): MagicTable {
  return (character) => {
    if (character >= "0" && character <= "9") return foldersOf(file, host)[Number(character)] ?? "";
    if (Object.hasOwn(ofHost, character)) return ofHost[character]?.(host);
    if (Object.hasOwn(ofFile, character)) return ofFile[character]?.(file, host);
    const small = character.toLowerCase();
    return small !== character && Object.hasOwn(ofFile, small) ? ofFile[small]?.(first, host) : undefined;
  };
}

/**
 * Puts magic variables in. One that does not exist stays as it is, and is a problem: uWSGI leaves it out with its percent sign,
 * and at the end of a line joins the next one.
 */
export function replaceMagic(text: string, table: MagicTable, tell: (message: string) => void): string {
  if (!text.includes("%")) return text;
  return text.replace(/%([^])?/gu, (found: string, character: string | undefined) => {
    const value = character === undefined ? undefined : table(character);
    if (value !== undefined) return value;
    const what = character === undefined ? "a % at the end of a line" : `the magic variable ${shown(found)}`;
    tell(`${what} does not exist: a percent sign is written %%`);
    return found;
  });
}

function fullPath(file: MagicFile, host: ConfigHost): string {
  return host.fullPath(file.path);
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** With the slash at its end, as uWSGI has it. */
function folderOf(file: MagicFile, host: ConfigHost): string {
  const path = fullPath(file, host);
  return path.slice(0, path.lastIndexOf("/") + 1);
}

function foldersOf(file: MagicFile, host: ConfigHost): string[] {
  return folderOf(file, host)
    .split("/")
    .filter((name) => name !== "");
}

function splitName(name: string): { readonly stem: string; readonly extension: string } {
  const dot = name.lastIndexOf(".");
  return dot === -1 ? { stem: name, extension: "" } : { stem: name.slice(0, dot), extension: name.slice(dot + 1) };
}

/** djb33x of a path, its bytes in hexadecimal as they lie in memory: the lowest first (`core/hash.c`, `char` has a sign). */
function djb33x(path: string): string {
  let hash = 5381;
  for (const byte of new TextEncoder().encode(path)) hash = ((hash << 5) + hash) ^ ((byte << 24) >> 24);
  return [0, 8, 16, 24]
    .map((shift) => ((hash >>> shift) & 0xff).toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
}
