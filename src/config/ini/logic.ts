/**
 * uWSGI's options that are logic: what they repeat or let pass (`uwsgi_logic_opt_*` in `core/config.c`). A block holds for each
 * line in it on its own, so `for` repeats line by line. Pure.
 */
import type { ConfigHost } from "../host.ts";
import { readFile } from "./expand.ts";

export interface LogicWorld {
  readonly host: ConfigHost;
  /** The value of an option that was said before, as it was written. */
  readonly rawOf: (name: string) => string | undefined;
  readonly mostItems: number;
  readonly mostBytes: number;
  readonly tell: (message: string) => void;
}

/** What `%(_)` stands for, once for each time that a line counts; undefined: `%(_)` stays. */
export type Rounds = readonly (string | undefined)[];

interface Logic {
  readonly kind: "for" | "if";
  /** `argument` has all put in, unless `isRaw`. */
  readonly rounds: (argument: string, world: LogicWorld) => Rounds;
  readonly isRaw?: boolean;
}

const NEVER: Rounds = [];

/** `if-x` and `if-not-x`. `find`: what `%(_)` stands for, where the condition holds. */
function conditions(
  name: string,
  holds: (argument: string, world: LogicWorld) => boolean,
  context: (argument: string, world: LogicWorld) => string | undefined = (argument) => argument,
  isRaw = false,
): Record<string, Logic> {
  const condition = (isWanted: boolean): Logic => ({
    kind: "if",
    isRaw,
    rounds: (argument, world) => (holds(argument, world) === isWanted ? [context(argument, world)] : NEVER),
  });
  return { [`if-${name}`]: condition(true), [`if-not-${name}`]: condition(false) };
}

/** `NAME`: is it there; `NAME=VALUE`: has it this value. */
function matches(argument: string, valueOf: (name: string) => string | undefined): boolean {
  const { name, wanted } = splitArgument(argument);
  const value = valueOf(name);
  return value !== undefined && (wanted === undefined || wanted === value);
}

function splitArgument(argument: string): { readonly name: string; readonly wanted?: string } {
  const equals = argument.indexOf("=");
  return equals === -1 ? { name: argument } : { name: argument.slice(0, equals), wanted: argument.slice(equals + 1) };
}

function variable(host: ConfigHost, name: string): string | undefined {
  return Object.hasOwn(host.env, name) ? host.env[name] : undefined;
}

/** PCRE in uWSGI; the two agree in what hostnames are matched with. */
function matchesHostname(pattern: string, { host, tell }: LogicWorld): boolean {
  try {
    return new RegExp(pattern).test(host.hostname.slice(0, MOST_HOSTNAME));
  } catch {
    tell("the value is no regular expression");
    return false;
  }
}

const MOST_HOSTNAME = 255;

function countUp(argument: string, { mostItems, tell }: LogicWorld): Rounds {
  if (!/^[0-9]+$/.test(argument) || Number(argument) > mostItems) {
    tell(`a whole number of at most ${mostItems} is needed`);
    return NEVER;
  }
  return Array.from({ length: Number(argument) }, (_, index) => String(index + 1));
}

function linesOf(argument: string, { host, mostBytes, tell }: LogicWorld): Rounds {
  const read = readFile(argument, host, mostBytes);
  if (read.text === undefined) {
    tell(read.why);
    return NEVER;
  }
  const lines = read.text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.replace(/\r$/, ""));
}

const ifEnv = conditions(
  "env",
  (argument, { host }) => matches(argument, (name) => variable(host, name)),
  (argument, { host }) => variable(host, splitArgument(argument).name),
);
const ifExists = conditions("exists", (path, { host }) => host.kindOf(path) !== undefined);
const ifDir = conditions("dir", (path, { host }) => host.kindOf(path) === "folder");
/** None of uWSGI's plugins is ever loaded here. */
const ifPlugin = conditions("plugin", () => false);

const table: Readonly<Record<string, Logic | undefined>> = {
  for: { kind: "for", rounds: (argument) => argument.split(" ").filter((item) => item !== "") },
  // What matches nothing is repeated as it is written, as GLOB_NOCHECK has it.
  "for-glob": {
    kind: "for",
    rounds: (pattern, { host }) => {
      const paths = host.glob(pattern);
      return paths.length === 0 ? [pattern] : paths;
    },
  },
  "for-readline": { kind: "for", rounds: linesOf },
  "for-times": { kind: "for", rounds: countUp },
  ...ifEnv,
  ...ifExists,
  ...ifDir,
  ...ifPlugin,
  ...conditions("file", (path, { host }) => host.kindOf(path) === "file"),
  ...conditions("hostname", (name, { host }) => host.hostname === name),
  ...conditions("hostname-match", matchesHostname),
  ...conditions(
    "reload",
    (_, { host }) => host.isReload,
    () => undefined,
  ),
  // uWSGI compares what is written, before anything is put in, and says so.
  ...conditions(
    "opt",
    (argument, { rawOf }) => matches(argument, rawOf),
    (argument, { rawOf }) => rawOf(splitArgument(argument).name),
    true,
  ),
  ifenv: ifEnv["if-env"],
  ifexists: ifExists["if-exists"],
  ifplugin: ifPlugin["if-plugin"],
  ifdir: ifDir["if-dir"],
  "if-directory": ifDir["if-dir"],
};

/** The logic of an option; undefined for all others. */
export function logicOf(name: string): Logic | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** All of these end any block. */
export const closers: ReadonlySet<string> = new Set(["end", "endfor", "end-for", "endif", "end-if"]);

/** `text` with `%(_)` put in; undefined where that becomes too long. */
export function replaceContext(text: string, context: string | undefined, mostLength: number): string | undefined {
  if (context === undefined) return text;
  const parts = text.split("%(_)");
  const length = text.length + (parts.length - 1) * (context.length - 4);
  return length > mostLength ? undefined : parts.join(context);
}
