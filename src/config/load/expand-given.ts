/** Puts into the texts of YAML, TOML and JSON what uWSGI puts into those of all its formats: `$(ENV)`, `@(FILE)`, `%n`. */
import type { Given, Problem } from "../given.ts";

/** Puts all in that one text refers to, and tells what it does not find. */
export type ExpandText = (text: string, tell: (message: string) => void) => string;

/** All texts of one `Given`, those within an object too. */
export function expandGiven(given: Given, expandText: ExpandText, problems: Problem[]): Given {
  const textOf = (text: string, path: readonly (string | number)[]): string => {
    if (!/[%$@]/.test(text)) return text;
    const origin = path.length === 0 ? given.origin : (given.at?.(path) ?? given.origin);
    return expandText(text, (message) => void problems.push({ origin, name: given.name, message }));
  };
  const valueOf = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof value === "string") return textOf(value, path);
    if (Array.isArray(value)) return value.map((item: unknown, index) => valueOf(item, [...path, index]));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, valueOf(one, [...path, name])]));
  };
  return { ...given, value: valueOf(given.value, []) };
}
