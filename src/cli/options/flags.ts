/** The options of a command, as its flags: from the table that files and the environment are read by, too. */
import type { Given, Option } from "../../config/index.ts";

/** As `parseArgs` takes them. */
export type FlagTable = Readonly<
  Record<string, { readonly type: "string" | "boolean"; readonly multiple?: boolean; readonly short?: string }>
>;

/** What flags say: texts, `true` for one that stands alone, a list for one that was given again. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

export function flagTable(options: readonly Option[]): FlagTable {
  const rows = options.flatMap((option) =>
    [option.name, ...(option.aliases ?? [])].map((name) => {
      const isShort = option.short !== undefined && name === option.name;
      const type = option.kind === "flag" ? ("boolean" as const) : ("string" as const);
      return [
        name,
        { type, ...(option.isList === true ? { multiple: true } : {}), ...(isShort ? { short: option.short } : {}) },
      ];
    }),
  );
  return Object.fromEntries(rows) as FlagTable;
}

/** What flags say, as a source; those of which `options` knows nothing are the command's own, and left out. */
export function givensOfFlags(values: FlagValues, options: readonly Option[]): readonly Given[] {
  const names = new Set(options.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
  return Object.entries(values).flatMap(([name, said]): readonly Given[] => {
    if (said === undefined || !names.has(name)) return [];
    const all: readonly (string | boolean)[] = typeof said === "object" ? said : [said];
    return all.map((value) => ({ name, value, origin: { kind: "flag", flag: `--${name}` } }));
  });
}
