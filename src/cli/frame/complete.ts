/** What may stand where the cursor is. Pure: words in, candidates out. */
import type { CommandDefinition, CommandOption, CommandPositional, Names } from "./definition.ts";

export interface Candidate {
  readonly value: string;
  readonly summary: string;
}

export interface Completion {
  /** All that there are; what does not begin as the word does is left to `fitting`. */
  readonly candidates: readonly Candidate[];
  /** What is to be looked up besides. */
  readonly names?: Names;
  /** What stands before it in the same word: `--out=`. */
  readonly prefix: string;
}

const nothing: Completion = { candidates: [], prefix: "" };

/** `words`: behind the name of the command; the last is the one at the cursor, which may be empty. */
export function complete(definition: CommandDefinition, words: readonly string[]): Completion {
  const before = words.slice(0, -1);
  const word = words.at(-1) ?? "";
  const state = walk(definition, before);
  if (state.isBehindEnd && definition.passesArguments === true) return { ...nothing, names: "file" };
  if (state.wanting !== undefined) return valuesOf(state.wanting, "");
  if (state.isBehindEnd || !word.startsWith("-")) {
    const groups = before.at(-1) === "--help" || before.at(-1) === "-h" ? groupsOf(definition) : undefined;
    return groups ?? valuesOf(positionalAt(definition, state.positionals), "");
  }
  const equals = word.indexOf("=");
  if (equals === -1) return { candidates: optionsOf(definition, state.given), prefix: "" };
  const option = definition.options.find(({ name }) => `--${name}` === word.slice(0, equals));
  return option?.value === undefined ? nothing : valuesOf(option, word.slice(0, equals + 1));
}

/** Those that begin as the word does. */
export function fitting(candidates: readonly Candidate[], word: string): Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(word));
}

/** The groups of options that `--help` tells of one by one. */
export function groupsOf({ options }: CommandDefinition): Completion {
  const groups = new Set(options.flatMap(({ group }) => (group === undefined ? [] : [group])));
  return { candidates: [...groups].map((value) => ({ value, summary: "a group of options" })), prefix: "" };
}

interface State {
  /** Names of the options that are there. */
  readonly given: ReadonlySet<string>;
  readonly positionals: number;
  /** The option whose value stands at the cursor. */
  readonly wanting: CommandOption | undefined;
  readonly isBehindEnd: boolean;
}

function walk({ options }: CommandDefinition, words: readonly string[]): State {
  const given = new Set<string>();
  let positionals = 0;
  let wanting: CommandOption | undefined;
  for (const [at, word] of words.entries()) {
    if (wanting !== undefined) wanting = undefined;
    else if (word === "--")
      return { given, positionals: positionals + words.length - at - 1, wanting, isBehindEnd: true };
    else if (!word.startsWith("-") || word === "-") positionals++;
    else {
      const [name] = word.split("=", 1);
      const option = options.find((one) => `--${one.name}` === name || `-${one.short}` === name);
      if (option === undefined) continue;
      given.add(option.name);
      const takesNext = option.value !== undefined && option.bare === undefined && !word.includes("=");
      wanting = takesNext ? option : undefined;
    }
  }
  return { given, positionals, wanting, isBehindEnd: false };
}

function positionalAt({ positionals = [] }: CommandDefinition, at: number): CommandPositional | undefined {
  const last = positionals.at(-1);
  return positionals[at] ?? (last?.repeats === true ? last : undefined);
}

/** What is there already is not told again, unless it may be given again. */
function optionsOf({ options }: CommandDefinition, given: ReadonlySet<string>): Candidate[] {
  const left = options.filter(
    ({ name, repeats, isHidden }) => isHidden !== true && (repeats === true || !given.has(name)),
  );
  const all = left.map(({ name, summary }) => ({ value: `--${name}`, summary }));
  return [...all, { value: "--help", summary: "say what there is" }];
}

function valuesOf(of: CommandOption | CommandPositional | undefined, prefix: string): Completion {
  if (of === undefined) return nothing;
  if (of.choices !== undefined) {
    return { candidates: of.choices.map((choice) => ({ value: `${prefix}${choice}`, summary: "" })), prefix };
  }
  return of.completes === undefined ? { ...nothing, prefix } : { candidates: [], names: of.completes, prefix };
}
