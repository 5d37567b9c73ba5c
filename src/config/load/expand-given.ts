/** Puts into the texts of YAML, TOML and JSON what uWSGI puts into those of all its formats: `$(ENV)`, `@(FILE)`, `%n`. */
import type { Given, Problem } from "../given.ts";
import type { ConfigHost } from "../host.ts";
import { type Budget, expand } from "../ini/expand.ts";
import type { MagicTable } from "../ini/magic.ts";

/** All texts of one `Given`, those within an object too. Placeholders `%(name)` stay: they are a format's of its own. */
export function expandGiven(
  given: Given,
  magic: MagicTable,
  host: ConfigHost,
  budget: Budget,
  problems: Problem[],
): Given {
  const textOf = (text: string, path: readonly (string | number)[]): string => {
    if (!/[%$@]/.test(text)) return text;
    const expanded = expand(text, { host, magic, budget });
    const origin = path.length === 0 ? given.origin : (given.at?.(path) ?? given.origin);
    problems.push(...expanded.problems.map((message) => ({ origin, name: given.name, message })));
    return expanded.text;
  };
  const valueOf = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof value === "string") return textOf(value, path);
    if (Array.isArray(value)) return value.map((item: unknown, index) => valueOf(item, [...path, index]));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, valueOf(one, [...path, name])]));
  };
  return { ...given, value: valueOf(given.value, []) };
}
