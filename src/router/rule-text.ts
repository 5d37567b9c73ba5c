/**
 * Rules as text, for a command line:
 *
 *     CONDITION... -> TARGET CHANGE...
 *     host=a.com path=/api -> /run/a.sock modifier1=0
 *
 * Words are parted by blanks, values of one condition by commas; what has either in it stands in double quotes.
 * Conditions: `host=`, `path=`, `method=`, `key=`, `modifier1=`, `modifier2=`, `var:NAME` (there is one),
 * `var:NAME=VALUE`, `var:NAME^=PREFIX`; `!` before one: it must not hold. Targets: addresses or the name of an
 * upstream, `answer=STATUS`, `close`. Changes: `modifier1=`, `modifier2=`, `set:NAME=VALUE`, `remove:NAME`,
 * `mount=/PATH`, `loader-vars=strip|refuse|pass`, `strip-accel=true|false`, `name=` for the rule itself.
 */
import { badRule, show } from "./bad-rule.ts";
import { compileRule } from "./compiled-rule.ts";
import { compileConditions, conditionNames } from "./conditions.ts";
import type { Rule } from "./rule.ts";
import { indexIn, listIn, type Word, wordsOf } from "./words.ts";

type Part = Record<string, unknown>;

/** Reads a rule. `where`: what it is called in messages. Throws a TypeError (`UWSGI_BAD_RULE`) that says the column. */
export function parseRule(text: string, where: string = "rule"): Rule {
  const words = wordsOf(text, where);
  const arrow = words.findIndex((word) => word.text === "->" && word.quotes[0] !== true);
  if (arrow < 0) throw badRule(where, `${show(text)} has no -> before its target: CONDITION... -> TARGET CHANGE...`);
  const rule: Part = {};
  const placeOf = ({ column }: Word): string => `${where}, column ${column}`;
  for (const word of words.slice(0, arrow)) addCondition(rule, word, placeOf(word));
  const [target, ...changes] = words.slice(arrow + 1);
  if (target === undefined) {
    throw badRule(where, "nothing behind ->, needed is an address, an upstream, answer=STATUS or close");
  }
  addTarget(rule, target);
  // The rule so far is checked behind each word: a fault is one of this word.
  checkAction(rule, placeOf(target));
  for (const word of changes) {
    addChange(rule, word, placeOf(word));
    checkAction(rule, placeOf(word));
  }
  return rule;
}

function checkAction(rule: Part, place: string): void {
  compileRule({ ...rule, when: {}, unless: {} }, `${place}, then`, 1);
}

function addCondition(rule: Part, word: Word, place: string): void {
  const isNegated = word.text.startsWith("!") && word.quotes[0] !== true;
  const start = isNegated ? 1 : 0;
  const side = (rule[isNegated ? "unless" : "when"] ??= {}) as Part;
  const equals = indexIn(word, "=");
  const name = word.text.slice(start, equals < 0 ? undefined : equals);
  const single: Part = {};
  if (name.startsWith("var:")) {
    const vars = (side["vars"] ??= dictionary()) as Part;
    addVar(vars, word, start + "var:".length, equals, place);
    single["vars"] = vars;
  } else {
    if (equals < 0 || !conditionNames.includes(name)) {
      const known = [...conditionNames.map((field) => `${field}=`), "var:NAME", "var:NAME=", "var:NAME^="];
      throw badRule(place, `unknown condition ${show(word.text)}, there are ${known.join(", ")}`);
    }
    if (side[name] !== undefined) throw badRule(place, `${name}= came before: several values are parted by commas`);
    const values = listIn(word, equals + 1);
    single[name] = one(name.startsWith("modifier") ? values.map(numeric) : values);
  }
  compileConditions(single, isNegated, `${place}, ${isNegated ? "unless" : "when"}`);
  Object.assign(side, single);
}

function addVar(vars: Part, word: Word, start: number, equals: number, place: string): void {
  const isPrefix = equals > 0 && word.text[equals - 1] === "^" && word.quotes[equals - 1] !== true;
  const name = word.text.slice(start, equals < 0 ? undefined : isPrefix ? equals - 1 : equals);
  if (vars[name] !== undefined) throw badRule(place, `var:${name} came before: several values are parted by commas`);
  if (equals < 0) vars[name] = true;
  else {
    const values = listIn(word, equals + 1);
    vars[name] = isPrefix ? one(values.map((prefix) => ({ prefix }))) : one(values);
  }
}

function addTarget(rule: Part, word: Word): void {
  const answer = valueOf(word, "answer");
  if (answer !== undefined) rule["answer"] = numeric(answer);
  else if (word.text === "close" && word.quotes[0] !== true) rule["close"] = true;
  else rule["to"] = one(listIn(word, 0));
}

/** What can stand behind the target, by the name before `=`, and how its value is read. */
const changes: ReadonlyMap<string, readonly [member: string, read: (text: string) => unknown]> = new Map([
  ["modifier1", ["modifier1", numeric]],
  ["modifier2", ["modifier2", numeric]],
  ["mount", ["mount", String]],
  ["loader-vars", ["loaderVars", String]],
  ["strip-accel", ["stripAccel", truth]],
  ["name", ["name", String]],
]);

function addChange(rule: Part, word: Word, place: string): void {
  const { text } = word;
  const equals = indexIn(word, "=");
  const name = text.slice(0, equals < 0 ? undefined : equals);
  if (equals >= 0 && name.startsWith("set:")) {
    const set = (rule["set"] ??= dictionary()) as Part;
    const varName = name.slice("set:".length);
    if (set[varName] !== undefined) throw badRule(place, `set:${varName} came before`);
    set[varName] = text.slice(equals + 1);
  } else if (equals < 0 && name.startsWith("remove:")) {
    ((rule["remove"] ??= []) as string[]).push(text.slice("remove:".length));
  } else {
    const [member, read] = (equals < 0 ? undefined : changes.get(name)) ?? [];
    if (member === undefined || read === undefined) {
      const all = [...[...changes.keys()].map((known) => `${known}=`), "set:NAME=VALUE", "remove:NAME"];
      throw badRule(place, `unknown change ${show(text)}, there are ${all.join(", ")}`);
    }
    if (rule[member] !== undefined) throw badRule(place, `${name}= came before`);
    rule[member] = read(text.slice(equals + 1));
  }
}

function valueOf(word: Word, name: string): string | undefined {
  const equals = indexIn(word, "=");
  return equals >= 0 && word.text.slice(0, equals) === name ? word.text.slice(equals + 1) : undefined;
}

/** Digits as a number; what is none is left for the check to name. */
function numeric(text: string): number | string {
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : text;
}

function truth(text: string): boolean | string {
  return text === "true" ? true : text === "false" ? false : text;
}

/** For names that somebody chooses: it inherits none. */
function dictionary(): Part {
  return Object.create(null) as Part;
}

function one<Value>(values: readonly Value[]): Value | readonly Value[] {
  const [first] = values;
  return values.length === 1 && first !== undefined ? first : values;
}
