/** Reads options of the environment: UISGE_MAX_REQUESTS is max-requests. Pure. */
import { nearestName } from "../../nearest-name.ts";
import type { Given, Origin, Problem } from "../given.ts";
import { givensOfOption } from "./givens-of.ts";
import { readJsonTree } from "./json-tree.ts";
import { oneLine, quoted } from "./one-line.ts";

export interface ReadEnvironment {
  readonly givens: readonly Given[];
  /** A value that cannot be read, where `name` is there; else a warning: a variable that is near to an option's. */
  readonly problems: readonly Problem[];
}

const PREFIX = "UISGE_";

/** What uisge says to itself and to its workers, and chooses before there are options. */
const NO_OPTIONS: ReadonlySet<string> = new Set([
  "UISGE_EMPEROR",
  "UISGE_FORBID_SKIPS",
  "UISGE_HANDOVER",
  "UISGE_PREDECESSOR",
  "UISGE_PRIVATE_SOCKET",
  "UISGE_TRANSPORT",
  "UISGE_WORKER_ID",
]);

/** An address of IPv6, which begins as a list of JSON does and can be none. */
const ADDRESS = /^\[[\da-f.]*:[\da-f:.]*(?:%[^\]]+)?\]/i;

/**
 * What the environment says of the options called `names`. A value that begins with `[` or `{` is JSON, the items of a
 * list are items; all others are text.
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  names: ReadonlySet<string>,
): ReadEnvironment {
  const givens: Given[] = [];
  const problems: Problem[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || value === undefined) continue;
    const name = variable.slice(PREFIX.length).toLowerCase().replaceAll("_", "-");
    const origin: Origin = { kind: "environment", variable };
    if (!names.has(name) || variable !== variableOf(name)) {
      const nearest = NO_OPTIONS.has(variable) ? undefined : nearestName(name, [...names]);
      if (nearest !== undefined)
        problems.push({ origin, message: `no option is meant by it, did you mean ${variableOf(nearest)}?` });
      continue;
    }
    const read =
      /^\s*[[{]/.test(value) && !ADDRESS.test(value) ? readJson(name, value, origin) : { name, value, origin };
    if ("message" in read) problems.push(read);
    else givens.push(...(Array.isArray(read) ? read : [read]));
  }
  return { givens, problems };
}

function variableOf(name: string): string {
  return PREFIX + name.replaceAll("-", "_").toUpperCase();
}

function readJson(name: string, text: string, origin: Origin): readonly Given[] | Problem {
  const { tree, faults } = readJsonTree(text);
  const [fault] = faults;
  if (tree === undefined || fault !== undefined) {
    const { column, line } = fault?.place ?? {};
    const where = line === 1 && column !== undefined ? `, at character ${column}` : "";
    const message = `it begins as JSON does, and cannot be read: ${fault?.message ?? quoted(text)}${where}`;
    return { name, origin, message: oneLine(message) };
  }
  return givensOfOption(name, { place: {}, value: tree }, () => origin);
}
