/**
 * The options of a middleware, checked once, when it is made. Pure.
 *
 *     const { thresholdBytes, secrets } = readOptions("compress", options, {
 *       thresholdBytes: wholeNumber({ least: 0, or: 1_024 }),
 *       secrets: oneOf(["skip", "compress"], { or: "skip" }),
 *     });
 *
 * A rule knows what it takes; `or` is what stands for an option that was not given, `undefined` where there is no `or`.
 */
import { typeError } from "../errors.ts";
import { nearestName } from "../nearest-name.ts";

/** What one option may be. */
export interface OptionRule<Value> {
  /** Behind "... is needed". */
  readonly needed: string;
  /** Where it is not given. */
  readonly or: Value;
  /** True: there has to be one. */
  readonly isRequired?: boolean;
  /** True: what was given is not shown, for it may be a password. */
  readonly isSecret?: boolean;
  accepts(value: unknown): boolean;
}

type Rules = Readonly<Record<string, OptionRule<unknown>>>;

/** What comes of rules. */
export type Read<Given extends Rules> = {
  readonly [Name in keyof Given]: Given[Name] extends OptionRule<infer Value> ? Value : never;
};

/**
 * Reads the options of what is called `title`. `undefined` is an option that was not given. Throws a TypeError
 * (`UWSGI_INVALID_ARGUMENT`) for what is no plain object, a name that is not known, and what a rule does not take.
 */
export function readOptions<Given extends Rules>(title: string, options: unknown, rules: Given): Read<Given> {
  const given = options ?? {};
  if (typeof given !== "object" || Array.isArray(given)) {
    // Not what was given: it may be the secret that belongs in one of them.
    throw refusal(title, `the options are ${kindOf(given)}, an object is needed`);
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(rules, name)) throw refusal(title, unknownOption(name, Object.keys(rules)));
  }
  const read: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value: unknown = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined;
    if (value === undefined) {
      if (rule.isRequired === true) throw refusal(title, `${name} is missing, ${rule.needed} is needed`);
    } else if (!rule.accepts(value)) {
      const seen = rule.isSecret === true ? kindOf(value) : shown(value);
      throw refusal(title, `${name} is ${seen}, ${rule.needed} is needed`);
    }
    read[name] = value ?? rule.or;
  }
  return read as Read<Given>;
}

/** The same rule, of an option that has to be there. */
export function required<Value>(rule: OptionRule<Value>): OptionRule<Exclude<Value, undefined>> {
  return { ...rule, isRequired: true } as OptionRule<Exclude<Value, undefined>>;
}

/** The same rule, of a value that no message may show. */
export function secret<Value>(rule: OptionRule<Value>): OptionRule<Value> {
  return { ...rule, isSecret: true };
}

/** What stands for an option that was not given. */
interface Or<Value> {
  readonly or?: Value;
}

/** A whole number of a range: by default from 0. */
export function wholeNumber<Fallback extends number | undefined = undefined>(
  range: { readonly least?: number; readonly most?: number } & Or<Fallback> = {},
): OptionRule<number | Fallback> {
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = range;
  const upTo = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
  return optionRule(
    `a whole number from ${least}${upTo}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
    range,
  );
}

/** True or false. */
export function flag<Fallback extends boolean | undefined = undefined>(
  options: Or<Fallback> = {},
): OptionRule<boolean | Fallback> {
  return optionRule("true or false", (value) => typeof value === "boolean", options);
}

/** Text that is not empty. `needed`: what it has to be, where `accepts` takes not every one. */
export function text<Fallback extends string | undefined = undefined>(
  options: { readonly needed?: string; accepts?(value: string): boolean } & Or<Fallback> = {},
): OptionRule<string | Fallback> {
  const { needed = "text", accepts = () => true } = options;
  return optionRule(needed, (value) => typeof value === "string" && value !== "" && accepts(value), options);
}

/** One of some texts. */
export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
  options: { readonly or: NoInfer<Choice> },
): OptionRule<Choice>;
export function oneOf<const Choice extends string>(choices: readonly Choice[]): OptionRule<Choice | undefined>;
export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
  options: Or<Choice> = {},
): OptionRule<Choice | undefined> {
  const named = choices.map((choice) => JSON.stringify(choice));
  const last = named.pop() ?? "";
  const needed = named.length === 0 ? last : `${named.join(", ")} or ${last}`;
  return optionRule(needed, (value) => choices.includes(value as Choice), options);
}

/** A list, each item of which keeps to a rule. */
export function listOf<Item>(
  item: OptionRule<Item | undefined>,
  options: { readonly least?: number; readonly or: readonly NoInfer<Item>[] },
): OptionRule<readonly Item[]>;
export function listOf<Item>(
  item: OptionRule<Item | undefined>,
  options?: { readonly least?: number },
): OptionRule<readonly Item[] | undefined>;
export function listOf<Item>(
  item: OptionRule<Item | undefined>,
  options: { readonly least?: number; readonly or?: readonly Item[] } = {},
): OptionRule<readonly Item[] | undefined> {
  const { least = 0 } = options;
  return optionRule(
    `a list${least > 0 ? ` of at least ${least}` : ""}, each ${item.needed},`,
    (value) => Array.isArray(value) && value.length >= least && value.every((one) => item.accepts(one)),
    options,
  );
}

/** A function: what it takes and gives back is said by its type alone. */
export function hook<Function extends (...args: never[]) => unknown>(): OptionRule<Function | undefined> {
  return optionRule("a function", (value) => typeof value === "function", {});
}

/** A rule for anything else; `needed` stands before "is needed". */
export function optionRule<Value, Fallback = undefined>(
  needed: string,
  accepts: (value: unknown) => boolean,
  { or }: Or<Fallback> = {},
): OptionRule<Value | Fallback> {
  return { needed, accepts, or: or as Fallback };
}

function refusal(title: string, message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", `${title}: ${message}`);
}

function unknownOption(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return `there is no option ${name}, ${nearest === undefined ? `there are ${known.join(", ")}` : `did you mean ${nearest}?`}`;
}

/** Most characters of a value in a message. */
const MOST_SHOWN = 60;

function shown(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value !== "string" && !Array.isArray(value)) return kindOf(value);
  let json: string;
  try {
    json = JSON.stringify(value);
  } catch {
    // A circle, or a BigInt inside.
    return kindOf(value);
  }
  return json.length <= MOST_SHOWN ? json : `${json.slice(0, MOST_SHOWN)}...`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
