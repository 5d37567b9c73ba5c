/**
 * Rules in a file: JSON, `{ "upstreams": { NAME: [NODE...] }, "rules": [...] }`, or the list of rules alone. An upstream
 * that has more to say is an object: `{ "nodes": [NODE...], "balance": ..., "health": ..., "slowStartMs": ... }`.
 */
import { badRule, listOf, membersOf, show, textOf } from "./bad-rule.ts";
import type { Rule } from "./rule.ts";

/** As it stands in the file: whoever makes an upstream of it checks what it says. */
export interface RulesFileUpstream {
  readonly nodes: readonly unknown[];
  readonly balance?: unknown;
  readonly health?: unknown;
  readonly slowStartMs?: unknown;
}

export interface RulesFile {
  /** Names that rules may have as `to`: nodes as text, or an object. */
  readonly upstreams: Readonly<Record<string, readonly string[] | RulesFileUpstream>>;
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

function readUpstreams(value: unknown, where: string): RulesFile["upstreams"] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRule(where, `${show(value)}, an object with names and addresses is needed`);
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, readUpstream(one, `${where}.${name}`)]));
}

function readUpstream(value: unknown, where: string): readonly string[] | RulesFileUpstream {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return listOf(value, where).map((node) => textOf(node, "an address", where));
  }
  const members = membersOf(value, ["nodes", "balance", "health", "slowStartMs"], where);
  const { nodes } = members;
  if (!Array.isArray(nodes)) throw badRule(`${where}.nodes`, `${show(nodes)}, a list is needed`);
  return { ...members, nodes: listOf(nodes, `${where}.nodes`) };
}
