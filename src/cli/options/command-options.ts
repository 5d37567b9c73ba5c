/** The options of a table as those of a command. Pure. */
import type { Option } from "../../config/index.ts";
import type { CommandOption, Names } from "../frame/definition.ts";

/** With their other names, which are hidden. */
export function commandOptionsOf(options: readonly Option[]): CommandOption[] {
  return options.flatMap((option) => {
    const told = commandOptionOf(option);
    const { short: _, ...rest } = told;
    const others = (option.aliases ?? []).map((name) => Object.assign({}, rest, { name, isHidden: true }));
    return [told, ...others];
  });
}

/** The same, of which `first` alone are on the first screen of help; the others are told by the help of their group. */
export function screenedOptionsOf(options: readonly Option[], first: ReadonlySet<string>): CommandOption[] {
  return commandOptionsOf(options).map((option) =>
    first.has(option.name) ? option : Object.assign({}, option, { isMinor: true }),
  );
}

function commandOptionOf(option: Option): CommandOption {
  const { name, kind, summary, short, choices, bare, group, isList, isMinor } = option;
  const completes = namesOf(option);
  const said = option.default === undefined ? "" : ` (${option.default})`;
  return {
    name,
    // A sentence begins there, and here it does not.
    summary: `${summary.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase())}${said}`,
    group,
    ...(kind === "flag" ? {} : { value: option.value ?? "VALUE" }),
    ...(short === undefined ? {} : { short }),
    // What has options of its own may have them behind its name.
    ...(choices === undefined || kind === "named" ? {} : { choices }),
    ...(bare === undefined ? {} : { bare }),
    ...(isList === true ? { repeats: true } : {}),
    ...(isMinor === true ? { isMinor } : {}),
    ...(completes === undefined ? {} : { completes }),
  };
}

function namesOf({ kind }: Option): Names | undefined {
  if (kind === "folder") return "folder";
  return kind === "file" || kind === "address" ? "file" : undefined;
}
