/** What is fuzzed: a target makes inputs, which are always bytes, and says what is wrong with one. */
import type { Random } from "./inputs/random.ts";

/** A rule that did not hold. */
export interface Finding {
  /** The rule, always the same words: while an input is shrunk it must break the same one. */
  readonly rule: string;
  /** What was seen instead. */
  readonly seen: string;
}

export interface Target {
  /** As in `--only NAME`. */
  readonly name: string;
  /** Its part of the sum of all shares, by which a given number of cases is divided. */
  readonly share: number;
  /** Makes an input that is its own memory. */
  makeInput(random: Random): Uint8Array;
  /** Throws where a rule does not hold: a `Broken` by `mustHold`, or whatever the code under test threw. */
  check(input: Uint8Array): void | Promise<void>;
  /** An input with a piece taken out, made consistent again; tried beside the plain one while an input is shrunk. */
  repair?(input: Uint8Array): Uint8Array;
}

/** Says that a rule does not hold. */
export class Broken extends Error {
  readonly finding: Finding;

  constructor(rule: string, seen: unknown) {
    super(rule);
    this.finding = { rule, seen: typeof seen === "string" ? seen : (JSON.stringify(seen) ?? "undefined") };
  }
}

/** Throws a `Broken` unless the rule holds. `seen` is asked only then. */
export function mustHold(isSo: boolean, rule: string, seen: () => unknown): asserts isSo {
  if (!isSo) throw new Broken(rule, seen());
}

/** What is wrong with an input; undefined when all rules hold. */
export function examine(target: Target, input: Uint8Array): Finding | undefined | Promise<Finding | undefined> {
  try {
    const pending = target.check(input);
    return pending === undefined ? undefined : pending.then(() => undefined, findingOf);
  } catch (error) {
    return findingOf(error);
  }
}

/** The finding of whatever a check threw. */
function findingOf(error: unknown): Finding {
  if (error instanceof Broken) return error.finding;
  const seen = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { rule: "nothing but documented errors is thrown", seen };
}
