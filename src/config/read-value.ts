/** Reads the value of one option, from text or from what a file has types for. Pure. */
import type { Given } from "./given.ts";
import type { Option } from "./option.ts";

/** What is called `name`, with options of its own. */
export interface Named {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What was meant, or what would be. */
export type Reading = { readonly value: unknown } | { readonly needed: string };

type Said = Pick<Given, "value" | "text">;

/** One value, or one item where the option is a list. */
export function readValue(option: Option, said: Said): Reading {
  const value = said.value === true && option.bare !== undefined ? option.bare : said.value;
  if (value === null || value === undefined) return { needed: "needs a value, and there is none" };
  if (value === "" && option.bare !== "" && !hasEmptyMeaning(option))
    return { needed: "needs a value, and it is empty" };
  return readers[option.kind](option, { ...said, value });
}

/** These say themselves what they need. */
function hasEmptyMeaning({ kind, needed }: Option): boolean {
  return (
    kind === "flag" ||
    kind === "count" ||
    kind === "seconds" ||
    kind === "octal" ||
    kind === "workers" ||
    needed !== undefined
  );
}

/** Text of what was said: of a number, as it was written. */
function textOf({ value, text }: Said): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" ? (text ?? String(value)) : undefined;
}

function readText(option: Option, said: Said): Reading {
  const value = textOf(said);
  return value === undefined ? { needed: option.needed ?? "text is needed" } : { value };
}

const truths: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["0", false],
  ["no", false],
  ["off", false],
]);

function readFlag(_option: Option, said: Said): Reading {
  if (typeof said.value === "boolean") return { value: said.value };
  // `master =` of an ini file, as uWSGI reads it.
  if (said.value === "") return { value: true };
  const value = truths.get(textOf(said)?.toLowerCase() ?? "");
  return value === undefined ? { needed: "true or false is needed" } : { value };
}

function readCount(option: Option, said: Said): Reading {
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = option;
  const text = textOf(said) ?? "";
  const number = /^[0-9]{1,16}$/.test(text) ? Number(text) : said.value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= least && number <= most) {
    return { value: number };
  }
  const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  return { needed: option.needed ?? `a whole number ${range} is needed` };
}

function readSeconds(option: Option, said: Said): Reading {
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = option;
  if (option.mayBeOff === true && said.value === "off") return { value: Number.POSITIVE_INFINITY };
  const text = textOf(said) ?? "";
  const number = /^[0-9]{1,9}(?:\.[0-9]{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return { value: number };
  if (number < least) return { needed: `${least} seconds or more are needed` };
  if (number > most) return { needed: `${most} seconds or less are needed` };
  const off = option.mayBeOff === true ? ", or off" : "";
  return { needed: `a number of seconds is needed, such as 30 or 0.5${off}` };
}

function readWorkers(option: Option, said: Said): Reading {
  return said.value === "auto" ? { value: "auto" } : readCount(option, said);
}

/** Its digits: what they are a mode of is known by who asks. */
function readOctal(option: Option, said: Said): Reading {
  const [, digits] = /^(?:0o)?([0-7]{1,4})$/.exec(textOf(said) ?? "") ?? [];
  const isWhole = digits !== undefined && digits.length >= (option.least ?? 1);
  return isWhole ? { value: digits } : { needed: option.needed ?? "an octal number is needed" };
}

function readChoice({ choices = [] }: Option, said: Said): Reading {
  const text = textOf(said);
  const value = choices.find((choice) => choice === text);
  return value === undefined ? { needed: `there are ${choices.join(", ")}` } : { value };
}

/** As an object with what was said. */
function readPair(_option: Option, said: Said): Reading {
  const { value } = said;
  if (typeof value === "object" && !Array.isArray(value)) {
    const entries = Object.entries(value as Record<string, unknown>);
    if (entries.every(([name, one]) => name !== "" && !name.includes("=") && isScalar(one))) {
      return { value: Object.fromEntries(entries.map(([name, one]) => [name, String(one)])) };
    }
  }
  const text = typeof value === "string" ? value : "";
  const equals = text.indexOf("=");
  if (equals < 1) return { needed: "NAME=VALUE is needed" };
  return { value: Object.fromEntries([[text.slice(0, equals), text.slice(equals + 1)]]) };
}

function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** A list of what was said: an object may name several. */
function readNamed(option: Option, said: Said): Reading {
  const { value } = said;
  if (typeof value === "object" && !Array.isArray(value)) {
    const all = Object.entries(value as Record<string, unknown>).map(([name, own]) => namedOf(option, name, own));
    const wrong = all.find((one) => "needed" in one);
    return wrong ?? { value: all.map((one) => (one as { readonly value: unknown }).value) };
  }
  const [, name, text] =
    (typeof value === "string" ? /^\s*([\w.-]+)(?:(?:\s*=\s*|\s+)(.*))?$/s.exec(value) : undefined) ?? [];
  if (name === undefined) return { needed: `${option.value ?? "NAME={...}"} is needed` };
  const one = namedOf(option, name, text === undefined ? {} : parsed(text));
  return "needed" in one ? one : { value: [one.value] };
}

function namedOf(option: Option, name: string, own: unknown): Reading {
  const { choices, table } = option;
  // It is written on command lines, before what is its own.
  if (table !== undefined && !/^[\w.-]{1,100}$/.test(name)) {
    return { needed: `the name of ${table === "upstream" ? "an" : "a"} ${table} has letters, digits, _ . and - alone` };
  }
  if (choices !== undefined && !choices.includes(name)) return { needed: `there are ${choices.join(", ")}` };
  if (own === undefined) return { needed: `the options of ${name} are no JSON: {"name": value, ...} is needed` };
  if (option.table === "upstream") return upstreamOf(option, name, own);
  if (own === true || own === null) return { value: { name, options: {} } };
  if (typeof own !== "object" || Array.isArray(own))
    return { needed: `${name} needs options, such as {"name": value}` };
  return { value: { name, options: own } };
}

/** Where addresses are enough they stand alone: `app=10.0.0.1:3031,10.0.0.2:3031`. */
function upstreamOf(option: Option, name: string, own: unknown): Reading {
  const to = typeof own === "string" ? own.split(",") : own;
  if (Array.isArray(to) && to.length > 0 && !to.includes("")) return { value: { name, options: { to } } };
  const isTable = typeof own === "object" && own !== null && !Array.isArray(own) && Object.keys(own).length > 0;
  return isTable ? { value: { name, options: own } } : { needed: `${option.value ?? "NAME={...}"} is needed` };
}

/** JSON where it begins like an object or a list; undefined where it should be, and is not. */
function parsed(text: string): unknown {
  if (!/^[{[]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const readers: Readonly<Record<Option["kind"], (option: Option, said: Said) => Reading>> = {
  text: readText,
  name: readText,
  address: readText,
  file: readText,
  folder: readText,
  flag: readFlag,
  count: readCount,
  seconds: readSeconds,
  workers: readWorkers,
  octal: readOctal,
  choice: readChoice,
  pair: readPair,
  named: readNamed,
};
