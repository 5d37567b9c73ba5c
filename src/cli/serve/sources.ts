/** All that says how `uisge serve` shall serve: files, the environment, the command line; the last one counts. */
import { type Given, optionTables, settle, type Settled } from "../../config/index.ts";
import { typeError } from "../../errors.ts";
import type { Parsed } from "../frame/definition.ts";
import { type FlagValues, givensOfFlags } from "../options/flags.ts";

export interface Said extends Omit<Parsed, "values"> {
  readonly values: FlagValues;
  /** Those of `--config`. */
  readonly files: readonly string[];
}

/** Rejects with a TypeError (`UWSGI_INVALID_ARGUMENT`) for a command line that cannot be meant. */
export function readSources({ values, positionals, rest }: Said): Promise<Settled> {
  const [name, ...more] = positionals;
  if (more.length > 0) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `serve takes one application, path[:export]; got ${positionals.length}`);
  }
  const flags: Given[] = [
    ...givensOfFlags(values, optionTables.serve),
    ...(name === undefined
      ? []
      : [{ name: "application", value: name, origin: { kind: "flag", flag: "APP" } } as const]),
    ...rest.map((value): Given => ({ name: "args", value, origin: { kind: "flag", flag: "--" } })),
  ];
  return Promise.resolve(settle([flags], "serve", (unknown) => `there is no option ${JSON.stringify(unknown)}`));
}
