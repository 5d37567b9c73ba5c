/** What is said of a rule that cannot be read, and the checks that say it. */
import { typeError } from "../errors.ts";

/** The error (`UWSGI_BAD_RULE`) for a rule. `where`: which rule, and where in it. */
export function badRule(where: string, what: string): TypeError {
  return typeError("UWSGI_BAD_RULE", `${where}: ${what}`);
}

/** A value for a message: cut and escaped. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number" || typeof value === "boolean" || value === undefined || value === null) {
    return String(value);
  }
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A plain object with none but these members; throws for all else. */
export function membersOf(
  value: unknown,
  allowed: readonly string[],
  where: string,
): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRule(where, `${show(value)}, an object is needed`);
  }
  for (const name of Object.keys(value)) {
    if (!allowed.includes(name)) throw badRule(where, `unknown ${show(name)}, there are ${allowed.join(", ")}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** One value, or a list of them that is not empty, as a list. */
export function listOf(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) return [value];
  if (value.length === 0) throw badRule(where, "an empty list, at least one value is needed");
  return value;
}

/** A string that is not empty. `what`: what it should be, for the message. */
export function textOf(value: unknown, what: string, where: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw badRule(where, `${show(value)}, ${what} is needed`);
}

/** A whole number in the range. */
export function numberOf(value: unknown, least: number, most: number, where: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw badRule(where, `${show(value)}, allowed are whole numbers from ${least} to ${most}`);
}

/** One of a few words. */
export function wordOf<const Word extends string>(value: unknown, words: readonly Word[], where: string): Word {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw badRule(where, `${show(value)}, there are ${words.join(", ")}`);
}
