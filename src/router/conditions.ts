/** Conditions of rules, compiled: what is asked of a packet. */
import { encodeUtf8 } from "../environ/index.ts";
import { isToken } from "../codec/index.ts";
import { badRule, listOf, membersOf, numberOf, show, textOf } from "./bad-rule.ts";
import { compileHost } from "./host-pattern.ts";
import { compilePath } from "./path-pattern.ts";
import type { Subject } from "./subject.ts";
import { quoted } from "./words.ts";

/** One condition of a rule. */
export interface Condition {
  /** As `parseRule` reads it. */
  readonly text: string;
  /** Throws as the accessors of `Subject`. */
  holds(subject: Subject): boolean;
  /** What the packet has in its place, for explanations. */
  seen(subject: Subject): string | number | undefined;
}

/** What can be asked of a packet but for single vars. */
interface Field {
  /** A value of the condition as a question. Throws a TypeError (`UWSGI_BAD_RULE`). */
  compile(value: unknown, where: string): (subject: Subject) => boolean;
  seen(subject: Subject): string | number | undefined;
}

const fields: Readonly<Record<string, Field>> = {
  host: {
    compile(value, where) {
      const matches = compileHost(value, where);
      return ({ host }) => host !== undefined && matches(host);
    },
    seen: ({ host }) => (host?.port ? `${host.name}:${host.port}` : host?.name),
  },
  path: {
    compile(value, where) {
      const matches = compilePath(value, where);
      return ({ path }) => path !== undefined && matches(path);
    },
    seen: ({ path }) => path,
  },
  method: {
    compile(value, where) {
      const method = textOf(value, "a method such as GET", where);
      if (!isToken(method)) throw badRule(where, `method ${show(value)} is none: a word such as GET is needed`);
      if (/^[a-z]+$/.test(method)) throw badRule(where, `method ${show(value)}, clients send ${method.toUpperCase()}`);
      return (subject) => subject.method === method;
    },
    seen: ({ method }) => method,
  },
  key: {
    compile(value, where) {
      const key = encodeUtf8(textOf(value, "a key such as example.com", where));
      if (key.length > 255) throw badRule(where, `a key of ${key.length} bytes, at most 255 are looked at`);
      return (subject) => subject.key === key;
    },
    seen: ({ key }) => key,
  },
  modifier1: byNumber((subject) => subject.modifier1),
  modifier2: byNumber((subject) => subject.modifier2),
};

/** The names of conditions, beside `vars`. */
export const conditionNames: readonly string[] = Object.keys(fields);

/** All conditions of a `when` or, with `isNegated`, an `unless`. Throws a TypeError (`UWSGI_BAD_RULE`). */
export function compileConditions(given: unknown, isNegated: boolean, where: string): Condition[] {
  if (given === undefined) return [];
  const members = membersOf(given, [...conditionNames, "vars"], where);
  const conditions: Condition[] = [];
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue;
    if (name === "vars") conditions.push(...compileVars(value, `${where}.vars`));
    else conditions.push(compileField(name, value, `${where}.${name}`));
  }
  return isNegated ? conditions.map(negated) : conditions;
}

function compileField(name: string, value: unknown, where: string): Condition {
  const field = fields[name] as Field;
  const values = listOf(value, where);
  const questions = values.map((one) => field.compile(one, where));
  return {
    text: `${name}=${values.map((one) => quoted(String(one))).join(",")}`,
    holds: (subject) => questions.some((question) => question(subject)),
    seen: (subject) => field.seen(subject),
  };
}

function compileVars(given: unknown, where: string): Condition[] {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw badRule(where, `${show(given)}, an object with names of vars is needed`);
  }
  return Object.entries(given).map(([name, value]) => compileVar(name, value, `${where}.${name}`));
}

function compileVar(name: string, value: unknown, where: string): Condition {
  if (name === "") throw badRule(where, "a var with an empty name");
  const wireName = encodeUtf8(name);
  const seen = (subject: Subject): string | undefined => subject.value(wireName);
  if (value === true) return { text: `var:${quoted(name)}`, holds: (subject) => seen(subject) !== undefined, seen };
  const values = listOf(value, where).map((one) => readValue(one, where));
  const isPrefix = values.every(({ prefix }) => prefix !== undefined);
  const isMixed = !isPrefix && values.some(({ prefix }) => prefix !== undefined);
  if (isMixed) throw badRule(where, "a list has values or prefixes, not both");
  const wanted = values.map(({ exact, prefix }) => encodeUtf8(prefix ?? exact ?? ""));
  const texts = values.map(({ exact, prefix }) => quoted(prefix ?? exact ?? ""));
  return {
    text: `var:${quoted(name)}${isPrefix ? "^=" : "="}${texts.join(",")}`,
    holds: (subject) => {
      const found = seen(subject);
      return found !== undefined && wanted.some((one) => (isPrefix ? found.startsWith(one) : found === one));
    },
    seen,
  };
}

function readValue(value: unknown, where: string): { readonly exact?: string; readonly prefix?: string } {
  if (typeof value === "string") return { exact: value };
  if (typeof value !== "object" || value === null) {
    throw badRule(where, `${show(value)}, allowed are true, strings, and { "prefix": "..." }`);
  }
  return { prefix: textOf(membersOf(value, ["prefix"], where)["prefix"], "a prefix", where) };
}

function negated(condition: Condition): Condition {
  return {
    text: `!${condition.text}`,
    holds: (subject) => !condition.holds(subject),
    seen: (subject) => condition.seen(subject),
  };
}

function byNumber(of: (subject: Subject) => number): Field {
  return {
    compile(value, where) {
      const number = numberOf(value, 0, 255, where);
      return (subject) => of(subject) === number;
    },
    seen: of,
  };
}
