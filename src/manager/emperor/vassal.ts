/** What the file of a vassal says, as a command line of `uisge serve`. Pure. */
import { ConfigError } from "../../errors.ts";
import { nearestName } from "../../nearest-name.ts";

/** One instance, as its file wants it. */
export interface Vassal {
  /** Of its file, without folder and end. */
  readonly name: string;
  /** Behind `uisge serve`. */
  readonly args: readonly string[];
  /** What else makes it another one: of a file that it reads itself, its text. */
  readonly text?: string;
}

/** The long options of `uisge serve`, as `parseArgs` takes them. */
export type FlagTable = Readonly<
  Record<string, { readonly type: "string" | "boolean"; readonly multiple?: boolean | undefined }>
>;

/** Options that may have a value, and need none. */
const MAY_BE_BARE: ReadonlySet<string> = new Set(["watch"]);

/**
 * Reads an object whose keys are options of `uisge serve` without their dashes, `application` and `args`. `file`: for
 * errors. Throws a ConfigError (`UWSGI_BAD_CONFIGURATION`) that says what was seen and what is allowed.
 */
export function vassalOf(said: unknown, name: string, file: string, flags: FlagTable): Vassal {
  if (typeof said !== "object" || said === null || Array.isArray(said)) {
    throw bad(file, `it holds ${inWords(said)}, and an object is needed, such as {"application": "app.js"}`);
  }
  const { application, args = [], ...options } = said as Readonly<Record<string, unknown>>;
  if (typeof application !== "string" || application === "" || application.startsWith("-")) {
    throw bad(file, `application is ${inWords(application)}, path[:export] is needed`);
  }
  if (!Array.isArray(args) || !args.every((one) => typeof one === "string")) {
    throw bad(file, `args is ${inWords(args)}, a list of strings is needed`);
  }
  const given = Object.entries(options).flatMap(([key, value]) => optionOf(key, value, file, flags));
  // What serves by one process alone has no master, and could not reload.
  const processes = Object.hasOwn(options, "processes") ? [] : ["--processes=1"];
  const named = Object.hasOwn(options, "name") ? [] : [`--name=${name}`];
  return { name, args: [application, ...processes, ...named, ...given, "--", ...args] };
}

function optionOf(key: string, value: unknown, file: string, flags: FlagTable): string[] {
  const flag = Object.hasOwn(flags, key) ? flags[key] : undefined;
  if (flag === undefined) {
    const nearest = nearestName(key, ["application", "args", ...Object.keys(flags)]);
    throw bad(
      file,
      `there is no option ${JSON.stringify(key)}${nearest === undefined ? "" : `, the nearest is ${nearest}`}`,
    );
  }
  if (value === true && MAY_BE_BARE.has(key)) return [`--${key}=`];
  if (flag.type === "boolean") {
    if (typeof value === "boolean") return value ? [`--${key}`] : [];
    throw bad(file, `${key} is ${inWords(value)}, true or false is needed`);
  }
  const values: readonly unknown[] = flag.multiple === true && Array.isArray(value) ? value : [value];
  return values.map((one) => {
    if (typeof one === "string" || typeof one === "number") return `--${key}=${one}`;
    const needed = flag.multiple === true ? "a string, a number or a list of these" : "a string or a number";
    throw bad(file, `${key} is ${inWords(value)}, ${needed} is needed`);
  });
}

function inWords(value: unknown): string {
  const text = value === undefined ? "missing" : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

function bad(file: string, why: string): ConfigError {
  return new ConfigError(`${file}: ${why}`, { code: "UWSGI_BAD_CONFIGURATION" });
}
