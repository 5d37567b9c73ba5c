/**
 * Rules, in their order: the first that a packet fits says what becomes of it. Pure: who connects, and answers, is in
 * `gateway`.
 */
import { modifiers, type Packet, rewritePacket, type Vars } from "../codec/index.ts";
import { loaderVars } from "../environ/index.ts";
import { errorCode, LimitError, ProtocolError } from "../errors.ts";
import { badRule, show } from "./bad-rule.ts";
import { type Changes, compileRule, type CompiledRule } from "./compiled-rule.ts";
import { mountedAt } from "./routed-path.ts";
import type { Rule } from "./rule.ts";
import { parseRule } from "./rule-text.ts";
import { mayHaveVars, Subject } from "./subject.ts";

/** What becomes of a packet. */
export type Decision =
  | {
      readonly do: "forward";
      readonly rule: CompiledRule;
      /** The packet as it goes out: the bytes of the one that came where nothing changes. */
      readonly packet: Uint8Array;
      /** Names of the loader variables that were taken out. */
      readonly loaderVars: readonly string[];
    }
  | { readonly do: "answer"; readonly rule: CompiledRule; readonly status: number }
  | { readonly do: "close"; readonly rule: CompiledRule }
  | {
      /** It is the peer's fault, or nobody's: no rule is for it (`UWSGI_NO_ROUTE`). */
      readonly do: "refuse";
      /** The one that refuses it, or could not be asked; undefined when none is for it. */
      readonly rule: CompiledRule | undefined;
      readonly error: ProtocolError;
      /** Of the answer: 400, 404 or 431. */
      readonly status: number;
      /** As of `forward`, where they are why it was refused. */
      readonly loaderVars: readonly string[];
    };

/** Most rules in a set: they are asked one after the other for each packet. */
const MOST_RULES = 10_000;

export class RuleSet {
  readonly rules: readonly CompiledRule[];
  /** The modifier1 that are routed: all that are answered in HTTP, as requests are, and what rules ask for by number. */
  readonly modifiers: readonly number[];

  /** Of rules as objects, or as text (`parseRule`). Throws a TypeError (`UWSGI_BAD_RULE`). */
  constructor(rules: readonly (Rule | string)[]) {
    if (!Array.isArray(rules)) throw badRule("rules", `${show(rules)}, a list is needed`);
    if (rules.length === 0 || rules.length > MOST_RULES) {
      throw badRule("rules", `there are ${rules.length}, allowed are 1 to ${MOST_RULES}`);
    }
    const places = rules.map((rule, i) => (typeof rule === "string" ? `rule ${i + 1}` : `rules[${i}]`));
    const read = rules.map((rule: Rule | string, i): Rule => {
      return typeof rule === "string" ? parseRule(rule, places[i]) : rule;
    });
    this.rules = read.map((rule, i) => compileRule(rule, places[i] as string, i + 1));
    this.modifiers = routedModifiers(read);
  }

  /** What becomes of a packet. */
  decide(packet: Packet): Decision {
    const subject = new Subject(packet);
    let rule: CompiledRule | undefined;
    try {
      for (rule of this.rules) {
        if (rule.conditions.every((condition) => condition.holds(subject))) return act(rule, packet, subject);
      }
      return noRoute();
    } catch (error) {
      if (error instanceof ProtocolError) return refusal(rule, error);
      throw error;
    }
  }
}

function act(rule: CompiledRule, packet: Packet, subject: Subject): Decision {
  const { action } = rule;
  if (action.do === "answer") return { do: "answer", rule, status: action.status };
  if (action.do === "close") return { do: "close", rule };
  const { changes } = action;
  const vars = varsToChange(rule, packet, subject, changes);
  const loaders = vars === undefined || changes.loaderVars === "pass" ? [] : loadersIn(vars);
  if (loaders.length > 0 && changes.loaderVars === "refuse") {
    const what = `${loaders.join(", ")}, which ${rule.name} does not let pass: uWSGI runs code by them`;
    return refusal(rule, new ProtocolError(`a packet with ${what}`, { code: "UWSGI_NO_ROUTE" }), 400, loaders);
  }
  const { modifier1, modifier2 } = changes;
  const varChanges = allChanges(changes, vars, loaders, subject);
  try {
    return {
      do: "forward",
      rule,
      packet: rewritePacket(packet, { modifier1, modifier2, vars: varChanges }),
      loaderVars: loaders,
    };
  } catch (error) {
    if (errorCode(error) !== "UWSGI_PACKET_TOO_LARGE") throw error;
    const message = `with what ${rule.name} sets the vars would have more than the 65 535 bytes that fit a packet`;
    return refusal(rule, new LimitError(message, { code: "UWSGI_PACKET_TOO_LARGE" }), 431);
  }
}

/**
 * The vars of a packet that is to be forwarded; undefined when it has, and may have, none. Throws a ProtocolError when
 * a server may read vars there and they are malformed: uWSGI finds vars in such a block that nobody else sees.
 */
function varsToChange(rule: CompiledRule, packet: Packet, subject: Subject, changes: Changes): Vars | undefined {
  const isRead = mayHaveVars(packet.modifier1) || mayHaveVars(changes.modifier1 ?? packet.modifier1);
  if (isRead && changes.loaderVars !== "pass") return packet.vars;
  const isChanged = changes.vars.size > 0 || changes.mount !== undefined;
  if (subject.vars === undefined && isChanged) {
    const message = `${rule.name} changes vars, and a packet of modifier1 ${packet.modifier1} came that has none`;
    throw new ProtocolError(message, { code: "UWSGI_NO_ROUTE" });
  }
  return subject.vars;
}

function loadersIn(vars: Vars): string[] {
  const found: string[] = [];
  for (const name of loaderVars) if (vars.has(name)) found.push(name);
  return found;
}

function allChanges(
  changes: Changes,
  vars: Vars | undefined,
  loaders: readonly string[],
  subject: Subject,
): Changes["vars"] {
  const mounted = vars === undefined ? undefined : mountChanges(changes, subject);
  if (mounted === undefined && loaders.length === 0) return changes.vars;
  const all = new Map<string, string | undefined>(loaders.map((name) => [name, undefined]));
  for (const [name, value] of mounted ?? []) all.set(name, value);
  // Last: what a rule sets itself it means.
  for (const [name, value] of changes.vars) all.set(name, value);
  return all;
}

function mountChanges({ mount }: Changes, subject: Subject): readonly [string, string][] | undefined {
  // Asked for first: it throws for dot segments, by which a path could leave the mount again.
  if (mount === undefined || subject.path === undefined) return undefined;
  const moved = mountedAt(mount, subject.value("SCRIPT_NAME") ?? "", subject.value("PATH_INFO") ?? "");
  if (moved === undefined) return undefined;
  return [
    ["SCRIPT_NAME", moved[0]],
    ["PATH_INFO", moved[1]],
  ];
}

function noRoute(): Decision {
  return refusal(undefined, new ProtocolError("no rule is for this packet", { code: "UWSGI_NO_ROUTE" }), 404);
}

function refusal(
  rule: CompiledRule | undefined,
  error: ProtocolError,
  status = 400,
  loaders: readonly string[] = [],
): Decision {
  return { do: "refuse", rule, error, status, loaderVars: loaders };
}

/** True for families that are requests of HTTP, body and answer too. */
export function isHttpLike(modifier1: number): boolean {
  return modifiers.get(modifier1)?.exchange === "http";
}

function routedModifiers(rules: readonly Rule[]): number[] {
  const asked = rules.flatMap(({ when }) => when?.modifier1 ?? []);
  const requests = [...modifiers.values()].filter(
    ({ modifier1, status }) => isHttpLike(modifier1) && status === "served",
  );
  return [...new Set([...requests.map(({ modifier1 }) => modifier1), ...asked])].sort((a, b) => a - b);
}
