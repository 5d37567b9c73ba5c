/**
 * Puts in what values refer to, in uWSGI's order: magic variables `%n`, then `$(NAME)` of the environment, then `@(PATH)` of
 * files, then placeholders `%(name)`. The same for all formats. Pure.
 */
import type { ConfigHost } from "../host.ts";
import { reckon } from "./arithmetic.ts";
import { INI_LIMITS, MOST_NESTING } from "./limits.ts";
import { type MagicTable, replaceMagic } from "./magic.ts";
import { type Lookup, replaceReferences } from "./references.ts";
import { schemeFault } from "./schemes.ts";
import { escaped, shown } from "./shown.ts";

/** Characters that a reference counts for, beside what it stands for: 4 194 304 of them are some 262 000 references. */
const LOOKUP_COST = 16;

/** The same of a file: some 1 000 of them are read. */
const FILE_COST = 4_096;

/** Characters that may still be put in; shared by all values of a configuration. */
export interface Budget {
  left: number;
}

export interface ExpandContext {
  readonly host: ConfigHost;
  /** Without it, magic variables stay as they are. */
  readonly magic?: MagicTable;
  /** The value of an option, with all put in; without it, and where nothing is called so, placeholders stay as they are. */
  readonly placeholder?: Lookup;
  readonly budget?: Budget;
  /** Most characters of one value. */
  readonly mostLength?: number;
}

export interface Expanded {
  readonly text: string;
  /** What was seen and what is allowed. */
  readonly problems: readonly string[];
}

/** Puts all in. A variable that is not set, a file that cannot be read: each is a problem, and stays as it is written. */
export function expand(text: string, context: ExpandContext): Expanded {
  const problems: string[] = [];
  const tell = (message: string): void => {
    problems.push(message);
  };
  const { host, magic, placeholder, mostLength = INI_LIMITS.valueLength } = context;
  const budget = context.budget ?? { left: INI_LIMITS.expandedLength };
  /** What is put in counts, and that it was looked up; nothing more is, when there is too much of it. */
  const within = (lookup: Lookup, cost = LOOKUP_COST): Lookup => {
    return (key) => {
      if (budget.left <= 0) return undefined;
      const value = lookup(key);
      budget.left -= cost + (value?.length ?? 0);
      if (budget.left <= 0) tell("all that is put in for references is too long: are there references to each other?");
      return value;
    };
  };
  let result = magic === undefined ? text : replaceMagic(text, magic, tell);
  result = replaceVariables(result, within, host, mostLength, tell, 0);
  const files = within((path) => readReferred(path, host, mostLength, tell), FILE_COST);
  result = replaceReferences(result, { symbol: "@", lookup: files, isInnerFirst: true, mostLength, tell });
  if (placeholder !== undefined) {
    const values = within((key) => placeholderValue(key, placeholder, tell));
    result = replaceReferences(result, { symbol: "%", lookup: values, isInnerFirst: true, mostLength, tell });
  }
  return { text: result, problems };
}

function replaceVariables(
  text: string,
  within: (lookup: Lookup) => Lookup,
  host: ConfigHost,
  mostLength: number,
  tell: (message: string) => void,
  depth: number,
): string {
  const lookup = within((key) => {
    const { name, fallback, isForEmpty } = splitVariable(key);
    const value = Object.hasOwn(host.env, name) ? host.env[name] : undefined;
    if (value !== undefined && !(isForEmpty && value === "")) return value;
    if (fallback !== undefined) {
      if (depth < MOST_NESTING) return replaceVariables(fallback, within, host, mostLength, tell, depth + 1);
      tell(`more than ${MOST_NESTING} references within each other`);
      return undefined;
    }
    tell(`the environment variable ${shown(name)} is not set: set it, or write $(${plain(name)}:-DEFAULT)`);
    return undefined;
  });
  return replaceReferences(text, { symbol: "$", lookup, isInnerFirst: false, mostLength, tell });
}

/** `NAME`, `NAME:-DEFAULT` (not set or empty) or `NAME-DEFAULT` (not set): of uWSGI 2.1, read as a shell does. */
function splitVariable(key: string): {
  readonly name: string;
  readonly fallback?: string;
  readonly isForEmpty: boolean;
} {
  const dash = key.indexOf("-");
  if (dash === -1) return { name: key, isForEmpty: false };
  const isForEmpty = key[dash - 1] === ":";
  return { name: key.slice(0, isForEmpty ? dash - 1 : dash), fallback: key.slice(dash + 1), isForEmpty };
}

function plain(name: string): string {
  return /^\w{1,60}$/.test(name) ? name : "NAME";
}

function readReferred(
  path: string,
  host: ConfigHost,
  mostLength: number,
  tell: (message: string) => void,
): string | undefined {
  const fault = schemeFault(path);
  if (fault !== undefined) {
    tell(`@(${escaped(path, 60)}): ${fault}`);
    return undefined;
  }
  const read = readFile(path, host, mostLength);
  if (read.text === undefined) {
    tell(`@(${escaped(path, 60)}): ${read.why}`);
    return undefined;
  }
  return read.text.replace(/\r?\n$|\r$/, "");
}

/** A text of at most `mostBytes`, or why there is none. */
export function readFile(
  path: string,
  host: ConfigHost,
  mostBytes: number,
): { readonly text: string } | { readonly text?: never; readonly why: string } {
  try {
    const text = host.readText(path, mostBytes);
    if (text.length <= mostBytes) return { text };
    return { why: `more than ${mostBytes} bytes` };
  } catch (error) {
    return { why: escaped(error instanceof Error ? error.message : String(error), 500) };
  }
}

function placeholderValue(key: string, placeholder: Lookup, tell: (message: string) => void): string | undefined {
  if (!key.includes(" ")) return placeholder(key);
  return reckon(key, (name) => {
    const value = placeholder(name);
    // uWSGI counts it as nothing, which makes a port of a slip of the finger.
    if (value === undefined) tell(`no option is called ${shown(name)}, as %(${plain(name)} ...) needs it`);
    return value;
  });
}
