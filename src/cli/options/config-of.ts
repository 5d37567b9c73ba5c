/** Sources of a configuration -> what a command works with, or an error that says all that is wrong with them. */
import {
  type BridgeConfig,
  explainUnknown,
  originText,
  optionTables,
  problemText,
  type RouteConfig,
  type ServeConfig,
  settle,
  type Settled,
  type UpstreamConfig,
} from "../../config/index.ts";
import { ConfigError, typeError } from "../../errors.ts";
import { type FlagValues, givensOfFlags } from "./flags.ts";

interface Configs {
  readonly serve: ServeConfig;
  readonly bridge: BridgeConfig;
  readonly route: RouteConfig;
  readonly upstream: UpstreamConfig;
}

/** How an option is called where something is wrong with it: `--uid`, `app.ini:3: uid`, `UISGE_UID`. */
export type Label = (name: string) => string;

/** Of options that were given as flags. */
export const asFlag: Label = (name) => `--${name}`;

/**
 * What flags alone say. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) that says what is wrong.
 */
export function configOf<Table extends keyof Configs>(values: FlagValues, table: Table): Configs[Table] {
  return accepted(settle([givensOfFlags(values, optionTables[table])], table, explainUnknown));
}

/**
 * The values, where nothing is wrong. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) where flags or the environment are, a
 * ConfigError (`UWSGI_BAD_CONFIGURATION`) where files are; its message has a line for each problem.
 */
export function accepted({ values, problems }: Pick<Settled, "values" | "problems">): Settled["values"] {
  if (problems.length === 0) return values;
  const message = problems.map(problemText).join("\n");
  if (problems.every(({ origin }) => origin.kind === "file")) {
    throw new ConfigError(message, { code: "UWSGI_BAD_CONFIGURATION" });
  }
  throw typeError("UWSGI_INVALID_ARGUMENT", message);
}

export function labelOf(origins: Settled["origins"]): Label {
  return (name) => {
    const origin = origins.get(name)?.[0];
    if (origin === undefined || origin.kind === "default") return `--${name}`;
    return origin.kind === "file" ? `${originText(origin)}: ${name}` : originText(origin);
  };
}
