/**
 * What a command is, as data: its help, its completion, its page in docs and how it is parsed come from here. Pure.
 */

/** What completion can look up: paths, or the managers that run. */
export type Names = "file" | "folder" | "instance";

/** One option. */
export interface CommandOption {
  /** Its long name, without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What its value is, for help: `N`, `FILE`, `ADDRESS`. Without it, it takes no value. */
  readonly value?: string;
  /** Its value where it stands alone; without this, it may not. */
  readonly bare?: string;
  /** It may be given again, for more. */
  readonly repeats?: boolean;
  /** All values that there are. */
  readonly choices?: readonly string[];
  /** What its value names, for completion, where there are no choices. */
  readonly completes?: Names;
  /** A few words; the default in brackets at the end. */
  readonly summary: string;
  /** Options of a group are told together, under this word. */
  readonly group?: string;
  /** Told by the help of its group alone (`uisge COMMAND --help GROUP`), not on the first screen. */
  readonly isMinor?: boolean;
  /** Another name of one that is told: read, and neither told nor completed. */
  readonly isHidden?: boolean;
}

/** What stands without an option, for help, completion, and the question how many there may be. */
export interface CommandPositional {
  /** `ADDRESS`, `FILE`, `NAME|PID|PATH`. */
  readonly name: string;
  readonly summary: string;
  readonly isOptional?: boolean;
  /** The last one alone: there may be more of them. */
  readonly repeats?: boolean;
  readonly choices?: readonly string[];
  readonly completes?: Names;
}

/** What was asked for. Values are texts; an option without a value is `true`, one that repeats a list. */
export interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
  /** Behind `--`, where a command passes that on; all arguments, where it reads them itself. */
  readonly rest: readonly string[];
}

/** The values of options that are told as `const`: a command's own code reads them by it. */
export type ValuesOf<Options extends readonly CommandOption[]> = {
  readonly [Option in Options[number] as Option["name"]]?: ValueOf<Option> | undefined;
};

type ValueOf<Option extends CommandOption> = Option extends { readonly value: string }
  ? Option extends { readonly repeats: true }
    ? string[]
    : string
  : boolean;

export type CommandExit = number | readonly [code: number, meaning: string];

export interface CommandDefinition {
  readonly name: string;
  /** A few words, in the list of commands. */
  readonly summary: string;
  /** Behind `uisge NAME`: one way to call it a line. */
  readonly synopsis: readonly string[];
  readonly positionals?: readonly CommandPositional[];
  readonly options: readonly CommandOption[];
  /** Sentences behind the options. */
  readonly notes?: readonly string[];
  /** Whole command lines, of what is typed into a shell. */
  readonly examples: readonly string[];
  /** Beside 0, 1 and 64, or what these mean for it. A number alone means what it means to all (`uisge help exit-codes`). */
  readonly exitCodes?: readonly CommandExit[];
  /** What stands behind `--` belongs to another program. Default false. */
  readonly passesArguments?: boolean;
  /** It reads its arguments itself, `--help` among them, for they are not ours to design: they stand in `rest`. Default false. */
  readonly readsArguments?: boolean;
  /** Says more plainly what could be read in two ways, before anything is read. */
  readonly prepare?: (args: readonly string[]) => readonly string[];
  /** Resolves with the exit code; what it rejects with is printed. */
  readonly run: (parsed: Parsed) => number | Promise<number>;
}

/** Options that are told by the help of a group alone. */
export function minor(group: string, options: readonly CommandOption[]): CommandOption[] {
  return options.map((option) => Object.assign({}, option, { group, isMinor: true }));
}
