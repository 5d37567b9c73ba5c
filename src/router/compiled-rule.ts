/** A rule, checked and made ready: what it asks, and what it does. */
import { encodeUtf8 } from "../environ/index.ts";
import type { VarChanges } from "../codec/index.ts";
import { badRule, listOf, membersOf, numberOf, show, textOf, wordOf } from "./bad-rule.ts";
import { compileConditions, type Condition } from "./conditions.ts";
import { compileMount } from "./path-pattern.ts";
import type { LoaderVars, Rule } from "./rule.ts";
import { quoted } from "./words.ts";

/** What is done with a packet that a rule is for. */
export type Action =
  | { readonly do: "forward"; readonly to: readonly string[]; readonly changes: Changes }
  | { readonly do: "answer"; readonly status: number }
  | { readonly do: "close" };

/** What is changed of a packet that is forwarded. */
export interface Changes {
  readonly modifier1: number | undefined;
  readonly modifier2: number | undefined;
  /** Latin-1, as the wire has them. */
  readonly vars: VarChanges;
  readonly mount: string | undefined;
  readonly loaderVars: LoaderVars;
  /** Undefined: as the router does by default. */
  readonly stripAccel: boolean | undefined;
}

export interface CompiledRule {
  /** Its own name, else `rule 1` and so on. */
  readonly name: string;
  /** As `parseRule` reads it. */
  readonly text: string;
  readonly conditions: readonly Condition[];
  readonly action: Action;
}

const changeNames = ["modifier1", "modifier2", "set", "remove", "mount", "loaderVars", "stripAccel"] as const;
const ruleNames = ["name", "when", "unless", "to", "answer", "close", ...changeNames] as const;
const actionNames = ["to", "answer", "close"] as const;

type Members = Readonly<Record<string, unknown>>;

/** Throws a TypeError (`UWSGI_BAD_RULE`). `where`: what the rule is called in messages. `number` from 1. */
export function compileRule(rule: Rule, where: string, number: number): CompiledRule {
  const members = membersOf(rule, ruleNames, where);
  const { name: given } = members;
  const conditions = [
    ...compileConditions(members["when"], false, `${where}.when`),
    ...compileConditions(members["unless"], true, `${where}.unless`),
  ];
  const action = compileAction(members, where);
  const name = given === undefined ? `rule ${number}` : textOf(given, "a name", `${where}.name`);
  const asked = conditions.map(({ text }) => `${text} `).join("");
  const done = [targetText(action), ...changeTexts(members), ...(given === undefined ? [] : [`name=${quoted(name)}`])];
  return { name, conditions, action, text: `${asked}-> ${done.join(" ")}` };
}

function compileAction(members: Members, where: string): Action {
  const named = actionNames.filter((name) => members[name] !== undefined);
  const [kind] = named;
  if (kind === undefined || named.length > 1) {
    throw badRule(where, `${named.join(" and ") || "nothing"} to do, one of ${actionNames.join(", ")} is needed`);
  }
  if (kind === "to")
    return { do: "forward", to: readTargets(members["to"], `${where}.to`), changes: read(members, where) };
  const useless = changeNames.find((name) => members[name] !== undefined);
  if (useless !== undefined)
    throw badRule(`${where}.${useless}`, `it is for packets that are forwarded, not for ${kind}`);
  if (kind === "answer") return { do: "answer", status: numberOf(members["answer"], 200, 599, `${where}.answer`) };
  if (members["close"] !== true) throw badRule(`${where}.close`, `${show(members["close"])}, only true is allowed`);
  return { do: "close" };
}

function readTargets(value: unknown, where: string): string[] {
  return listOf(value, where).map((one) => textOf(one, "the name of an upstream, or an address,", where));
}

function read(members: Members, where: string): Changes {
  const { modifier1, modifier2, mount, loaderVars = "strip", stripAccel } = members;
  if (stripAccel !== undefined && typeof stripAccel !== "boolean") {
    throw badRule(`${where}.stripAccel`, `${show(stripAccel)}, allowed are true and false`);
  }
  return {
    modifier1: modifier1 === undefined ? undefined : numberOf(modifier1, 0, 255, `${where}.modifier1`),
    modifier2: modifier2 === undefined ? undefined : numberOf(modifier2, 0, 255, `${where}.modifier2`),
    vars: readVars(members, where),
    mount: mount === undefined ? undefined : compileMount(mount, `${where}.mount`),
    loaderVars: wordOf(loaderVars, ["strip", "refuse", "pass"], `${where}.loaderVars`),
    stripAccel,
  };
}

function readVars({ set = {}, remove = [], mount }: Members, where: string): VarChanges {
  const changes = new Map<string, string | undefined>();
  for (const one of remove === undefined || (Array.isArray(remove) && remove.length === 0)
    ? []
    : listOf(remove, where)) {
    changes.set(encodeUtf8(textOf(one, "the name of a var", `${where}.remove`)), undefined);
  }
  if (typeof set !== "object" || set === null || Array.isArray(set)) {
    throw badRule(`${where}.set`, `${show(set)}, an object with names and values is needed`);
  }
  for (const [name, value] of Object.entries(set)) {
    const place = `${where}.set.${name}`;
    if (name === "") throw badRule(place, "a var with an empty name");
    if (typeof value !== "string") throw badRule(place, `${show(value)}, a string is needed`);
    if (changes.has(encodeUtf8(name))) throw badRule(place, "it is removed and set, one of both is needed");
    changes.set(encodeUtf8(name), encodeUtf8(value));
  }
  for (const name of mount === undefined ? [] : ["SCRIPT_NAME", "PATH_INFO"]) {
    if (changes.has(name)) throw badRule(`${where}.mount`, `it sets ${name} itself, which is set or removed as well`);
  }
  return changes;
}

function targetText(action: Action): string {
  if (action.do === "close") return "close";
  return action.do === "answer" ? `answer=${action.status}` : action.to.map(quoted).join(",");
}

/** The changes as text has them, of members that were checked. */
function changeTexts({ modifier1, modifier2, set, remove, mount, loaderVars, stripAccel }: Members): string[] {
  const texts = Object.entries({ modifier1, modifier2, mount, "loader-vars": loaderVars, "strip-accel": stripAccel })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${quoted(String(value))}`);
  for (const [name, value] of Object.entries((set ?? {}) as Record<string, string>)) {
    texts.push(`set:${quoted(name)}=${quoted(value)}`);
  }
  const removed = (Array.isArray(remove) ? remove : remove === undefined ? [] : [remove]) as string[];
  return [...texts, ...removed.map((name) => `remove:${quoted(name)}`)];
}
