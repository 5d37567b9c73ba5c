/**
 * What a command is, as data: its help, its completion, its page in docs and how it is parsed come from here. Pure.
 */

/** One option. */
export interface CommandOption {
  /** Its long name, without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What its value is, for help: `N`, `FILE`, `ADDRESS`. Without it, it takes no value. */
  readonly value?: string;
  /** It may stand without its value. */
  readonly valueIsOptional?: boolean;
  /** It may be given again, for more. */
  readonly repeats?: boolean;
  /** All values that there are. */
  readonly choices?: readonly string[];
  /** What its value names, for completion. */
  readonly completes?: "file" | "folder" | "instance" | "choices";
  /** A few words; the default in brackets at the end. */
  readonly summary: string;
  /** Behind it, options are told together. */
  readonly group?: string;
  /** Told by the help of its group alone, not on the first screen. */
  readonly isMinor?: boolean;
}

/** What was asked for. Values are texts; an option without a value is `true`, one that repeats a list. */
export interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
  /** Behind `--`, where a command passes that on. */
  readonly rest: readonly string[];
}

export interface CommandDefinition {
  readonly name: string;
  /** A few words, in the list of commands. */
  readonly summary: string;
  /** Behind `uisge NAME`: one way to call it a line. */
  readonly synopsis: readonly string[];
  /** What stands without an option, for help and completion. */
  readonly positionals?: readonly {
    readonly name: string;
    readonly summary: string;
    readonly completes?: "file" | "folder" | "instance";
  }[];
  readonly options: readonly CommandOption[];
  /** Sentences behind the options. */
  readonly notes?: readonly string[];
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** Beside 0, 1 and 64. */
  readonly exitCodes?: readonly (readonly [code: number, meaning: string])[];
  /** What stands behind `--` belongs to another program. Default false. */
  readonly passesArguments?: boolean;
  /** Resolves with the exit code; what it rejects with is printed. */
  readonly run: (parsed: Parsed) => number | Promise<number>;
}
