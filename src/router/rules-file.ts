/** Rules in a file: JSON, `{ "upstreams": { NAME: [ADDRESS...] }, "rules": [...] }`, or the list of rules alone. */
import { badRule, listOf, membersOf, show, textOf } from "./bad-rule.ts";
import type { Rule } from "./rule.ts";

export interface RulesFile {
  /** Names that rules may have as `to`. */
  readonly upstreams: Readonly<Record<string, readonly string[]>>;
  /** As objects or as text; not yet checked one by one: `RuleSet` does. */
  readonly rules: readonly (Rule | string)[];
}

/** Reads the text of a file; `name` is for messages. Throws a TypeError (`UWSGI_BAD_RULE`). */
export function parseRulesFile(text: string, name: string): RulesFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw badRule(name, `not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (Array.isArray(json)) return { upstreams: {}, rules: json as Rule[] };
  const { upstreams = {}, rules } = membersOf(json, ["upstreams", "rules"], name);
  if (!Array.isArray(rules)) throw badRule(`${name}: rules`, `${show(rules)}, a list is needed`);
  return { upstreams: readUpstreams(upstreams, `${name}: upstreams`), rules: rules as Rule[] };
}

function readUpstreams(value: unknown, where: string): Record<string, readonly string[]> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRule(where, `${show(value)}, an object with names and addresses is needed`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, nodes]) => [
      name,
      listOf(nodes, `${where}.${name}`).map((node) => textOf(node, "an address", `${where}.${name}`)),
    ]),
  );
}
