/**
 * What several sources say, as one configuration: of each option the last source counts that says it, a list as a whole;
 * within a source what is said again is added to a list, and replaces any other value. Pure.
 */
import { type Given, originText, type Origin, type Problem } from "./given.ts";
import type { Option, OptionTableName } from "./option.ts";
import { optionTables } from "./option-table.ts";
import { type Named, readValue } from "./read-value.ts";

/** A value, and where it comes from: for a list each place, in order. */
export interface Settled {
  readonly values: Readonly<Record<string, unknown>>;
  readonly origins: ReadonlyMap<string, readonly Origin[]>;
  readonly problems: readonly Problem[];
}

/** What is said of a name that no option has. */
export type ExplainUnknown = (name: string, options: readonly Option[]) => string;

const MOST_EXPLAINED = 100;

/** Sources in their order, the strongest last. */
export function settle(
  sources: readonly (readonly Given[])[],
  table: keyof typeof optionTables,
  explainUnknown: ExplainUnknown,
): Settled {
  const options = optionTables[table];
  const byName = new Map(
    options.flatMap((option) => [option.name, ...(option.aliases ?? [])].map((name) => [name, option])),
  );
  const values: Record<string, unknown> = {};
  const origins = new Map<string, readonly Origin[]>();
  const problems: Problem[] = [];
  for (const source of sources) {
    const said = new Map<Option, Given[]>();
    for (const given of source) {
      const option = byName.get(given.name);
      if (option === undefined) {
        // What was meant is a search among all names: the first hundred slips are enough to tell.
        if (problems.length >= MOST_EXPLAINED) continue;
        problems.push({ origin: given.origin, name: given.name, message: explainUnknown(given.name, options) });
        continue;
      }
      const before = said.get(option);
      if (before === undefined) said.set(option, [given]);
      else before.push(given);
    }
    for (const [option, givens] of said) {
      const counted = option.isList === true ? givens : givens.slice(-1);
      const read = counted.map((given) => readOne(option, given, problems, explainUnknown));
      values[option.name] = joined(option, read);
      origins.set(
        option.name,
        counted.map(({ origin }) => origin),
      );
    }
  }
  return { values, origins, problems };
}

/** The value of one `Given`, as the list or the object that it is a part of where the option is one. */
function readOne(option: Option, given: Given, problems: Problem[], explainUnknown: ExplainUnknown): unknown {
  if (given.isItem === true && option.isList !== true) {
    problems.push({
      origin: given.origin,
      name: option.name,
      message: `${option.name} is a list, and one value is needed`,
    });
    return undefined;
  }
  // An empty list: none of it.
  if (Array.isArray(given.value) && option.isList === true) return option.kind === "pair" ? {} : [];
  const reading = readValue(option, given);
  if ("needed" in reading) {
    // Passwords and keys stand in these: an error goes to logs.
    const shown = option.kind === "named" || option.kind === "pair" ? withoutSecrets(given) : given;
    problems.push({ origin: given.origin, name: option.name, message: refusal(shown, reading.needed) });
    return undefined;
  }
  if (option.kind === "named")
    return readParts(option, given, reading.value as readonly Named[], problems, explainUnknown);
  return option.isList === true && option.kind !== "pair" ? [reading.value] : reading.value;
}

function joined(option: Option, read: readonly unknown[]): unknown {
  if (option.isList !== true) return read[0];
  if (option.kind === "pair") {
    return Object.fromEntries(read.flatMap((one) => Object.entries((one ?? {}) as Record<string, unknown>)));
  }
  return read.flat();
}

/** The options of what has a name, where a table knows them. */
function readParts(
  option: Option,
  given: Given,
  parts: readonly Named[],
  problems: Problem[],
  explainUnknown: ExplainUnknown,
): readonly Named[] {
  const { table } = option;
  if (table === undefined) return parts;
  return parts.map(({ name, options }) => {
    const place = (path: readonly (string | number)[]): Origin =>
      given.at?.([name, ...path]) ?? given.at?.(path) ?? given.origin;
    const [chosen, own] = tableOf(table, options);
    if (chosen === undefined) {
      const message = `${option.name} ${name}: type is ${inWords(options["type"])}, bridge or route is needed`;
      problems.push({ origin: place([]), name: option.name, message });
      return { name, options };
    }
    const settled = settle([givensOf(own, place)], chosen, explainUnknown);
    for (const problem of settled.problems) {
      problems.push({ ...problem, message: `${option.name} ${name}: ${problem.message}` });
    }
    return { name, options: chosen === table ? settled.values : { type: chosen, ...settled.values } };
  });
}

/** A gateway says itself which it is. */
function tableOf(
  table: OptionTableName,
  { type, ...own }: Readonly<Record<string, unknown>>,
): [table: keyof typeof optionTables | undefined, own: Readonly<Record<string, unknown>>] {
  if (table !== "gateway") return [table, type === undefined ? own : { type, ...own }];
  return [type === "bridge" || type === "route" ? type : undefined, own];
}

/** The members of an object as a source. */
export function givensOf(
  object: Readonly<Record<string, unknown>>,
  place: (path: readonly (string | number)[]) => Origin,
): readonly Given[] {
  return Object.entries(object).flatMap(([name, value]): readonly Given[] => {
    const at = (path: readonly (string | number)[]): Origin => place([name, ...path]);
    if (!Array.isArray(value) || value.length === 0) return [{ name, value, origin: at([]), at }];
    return value.map((item: unknown, index) => ({
      name,
      value: item,
      isItem: true,
      origin: at([index]),
      at: (path) => place([name, index, ...path]),
    }));
  });
}

/** What was said, and what would be right: behind the place for a file, by the place itself elsewhere. */
function refusal({ name, value, text, origin }: Given, needed: string): string {
  const who = origin.kind === "file" ? name : originText(origin);
  return needed.startsWith("needs ") ? `${who} ${needed}` : `${who} ${text ?? inWords(value)}: ${needed}`;
}

/** What stands before `=`, `{` or a blank is a name. */
function withoutSecrets(given: Given): Given {
  const { value } = given;
  if (typeof value === "string")
    return { ...given, value: value.replace(/(?<=^\s*[^\s={]+)([\s=]+|(?=\{))\S.*$/s, "$1...") };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return given;
  return { ...given, value: Object.fromEntries(Object.keys(value).map((name) => [name, "..."])) };
}

const MOST_SHOWN = 100;

function inWords(value: unknown): string {
  const text = typeof value === "string" ? value : value === undefined ? "missing" : safeJson(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return typeof value;
  }
}

/** One line for one problem. */
export function problemText({ origin, message }: Problem): string {
  return origin.kind === "file" ? `${originText(origin)}: ${message}` : message;
}
