/** The command line of `uisge curl`, read as curl reads it: options anywhere, short ones together, order kept. */
import { parseArgs } from "node:util";
import { readSeconds, readWhole } from "../read-options.ts";
import type { CommandOption } from "../frame/definition.ts";
import { flags, valued } from "./flags.ts";
import { CurlFailure, exits } from "./failure.ts";

/** One of the options that make a body, in the order in which they were given. */
export interface DataOption {
  readonly kind: "data" | "data-raw" | "data-binary" | "data-urlencode" | "json";
  readonly text: string;
}

export interface CurlOptions {
  readonly to: string;
  readonly path: string;
  /** Long names of the flags that are on. */
  readonly flags: ReadonlySet<Flag>;
  /** The last value of each option that has one. */
  readonly values: ReadonlyMap<Valued, string>;
  readonly headers: readonly string[];
  readonly cookies: readonly string[];
  readonly data: readonly DataOption[];
  readonly form: readonly { readonly isLiteral: boolean; readonly text: string }[];
  /** `undefined`: the var is to be left out. */
  readonly vars: readonly (readonly [name: string, value: string | undefined])[];
  readonly modifier1: number;
  readonly modifier2: number;
  readonly maxRedirects: number;
  readonly maxTimeMs: number | undefined;
  readonly connectTimeoutMs: number | undefined;
}

type Flag = (typeof flags)[number]["name"];

type Valued = (typeof valued)[number]["name"];

const shapes = Object.fromEntries([
  ...flags.map((flag) => [flag.name, { type: "boolean" as const, ...shortOf(flag) }]),
  ...valued.map((option) => [option.name, { type: "string" as const, ...shortOf(option) }]),
]);

const flagNames: ReadonlySet<string> = new Set(flags.map(({ name }) => name));

function shortOf({ short }: CommandOption): { readonly short?: string } {
  return short === undefined ? {} : { short };
}

/** Throws a CurlFailure (2). `undefined` for `--help`. */
export function readCurlOptions(args: readonly string[]): CurlOptions | undefined {
  const given = tokensOf(args);
  if (given.flags.has("help")) return undefined;
  const [to, path = "/", ...more] = given.positionals;
  if (to === undefined || more.length > 0) {
    throw usageFailure(`an ADDRESS and a PATH are needed; got ${given.positionals.length} arguments`);
  }
  const all = (name: Valued): string[] =>
    given.options.flatMap((option) => (option.name === name ? [option.text] : []));
  const values = new Map(given.options.map(({ name, text }) => [name, text]));
  try {
    return {
      to,
      path,
      flags: given.flags,
      values,
      headers: all("header"),
      cookies: all("cookie"),
      data: given.options.flatMap(dataOf),
      form: given.options.flatMap(({ name, text }) =>
        name === "form" || name === "form-string" ? [{ isLiteral: name === "form-string", text }] : [],
      ),
      vars: all("var").map(varOf),
      modifier1: readWhole("--modifier1", values.get("modifier1"), 0, 255) ?? 0,
      modifier2: readWhole("--modifier2", values.get("modifier2"), 0, 255) ?? 0,
      maxRedirects:
        values.get("max-redirs") === "-1" ? 1_000 : (readWhole("--max-redirs", values.get("max-redirs")) ?? 50),
      maxTimeMs: readSeconds("--max-time", values.get("max-time")) || undefined,
      connectTimeoutMs: readSeconds("--connect-timeout", values.get("connect-timeout")) || undefined,
    };
  } catch (error) {
    throw usageFailure(error instanceof Error ? error.message : String(error));
  }
}

interface Given {
  readonly flags: Set<Flag>;
  readonly options: { readonly name: Valued; readonly text: string }[];
  readonly positionals: string[];
}

function tokensOf(args: readonly string[]): Given {
  // Not strict: there a value that begins with "-" would be an error, and to curl it is a value.
  const { tokens } = parseArgs({
    args: [...args],
    options: shapes,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given: Given = { flags: new Set(), options: [], positionals: [] };
  for (const token of tokens) {
    if (token.kind === "positional") given.positionals.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    const positive = name.replace(/^no-/, "");
    if (flagNames.has(name) && value === undefined) given.flags.add(name as Flag);
    else if (flagNames.has(positive) && value === undefined) given.flags.delete(positive as Flag);
    else if (!(name in shapes)) throw usageFailure(`option ${rawName}: is unknown`);
    else if (flagNames.has(name)) throw usageFailure(`option ${rawName}: takes no value`);
    else if (value === undefined) throw usageFailure(`option ${rawName}: requires parameter`);
    else given.options.push({ name: name as Valued, text: value });
  }
  return given;
}

function dataOf({ name, text }: Given["options"][number]): DataOption[] {
  if (name === "data" || name === "data-ascii") return [{ kind: "data", text }];
  if (name === "data-raw" || name === "data-binary" || name === "data-urlencode" || name === "json") {
    return [{ kind: name, text }];
  }
  return [];
}

function varOf(text: string): readonly [string, string | undefined] {
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  if (name === "") throw usageFailure(`--var ${text}: NAME=VALUE is needed, or NAME alone to leave it out`);
  return [name, equals < 0 ? undefined : text.slice(equals + 1)];
}

/** The command line is wrong: curl's 2. */
export function usageFailure(message: string): CurlFailure {
  return new CurlFailure(exits.usage, message);
}
