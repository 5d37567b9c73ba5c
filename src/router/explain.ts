/** Why a packet goes where it goes, for people. */
import { decodePacket, encodePacket, type Packet, type VarsInit } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import { show } from "./bad-rule.ts";
import type { CompiledRule } from "./compiled-rule.ts";
import type { Decision, RuleSet } from "./rule-set.ts";
import { Subject } from "./subject.ts";

/** What became of one rule. */
export interface RuleOutcome {
  readonly name: string;
  /** The rule as text. */
  readonly text: string;
  /** `unasked`: an earlier one has matched. `refused`: the packet cannot be believed; `why` says it. */
  readonly outcome: "matched" | "passed-over" | "refused" | "unasked";
  /** The first condition that does not hold, and what is there instead. */
  readonly why?: string;
}

export interface Explanation {
  readonly rules: readonly RuleOutcome[];
  readonly decision: Decision;
}

/** What these rules make of a packet, and why. */
export function explain(ruleSet: RuleSet, packet: Packet): Explanation {
  const subject = new Subject(packet);
  let isOver = false;
  const rules = ruleSet.rules.map((rule): RuleOutcome => {
    const { name, text } = rule;
    if (isOver) return { name, text, outcome: "unasked" };
    const found = outcomeOf(rule, subject);
    isOver = found.outcome !== "passed-over";
    return { name, text, ...found };
  });
  return { rules, decision: ruleSet.decide(packet) };
}

/** As `explain`, of a packet with these vars. Throws as `encodePacket` and `decodePacket`. */
export function explainVars(ruleSet: RuleSet, vars: VarsInit, modifier1 = 0, modifier2 = 0): Explanation {
  return explain(ruleSet, decodePacket(encodePacket({ modifier1, modifier2, vars })) as Packet);
}

/** The explanation as text: a line for each rule, then what is done. */
export function formatExplanation({ rules, decision }: Explanation): string {
  const lines = rules.map(({ name, text, outcome, why }) => `${name}: ${text}\n  ${words[outcome]}${why ?? ""}\n`);
  return `${lines.join("")}${formatDecision(decision)}\n`;
}

/** A decision in one line. */
export function formatDecision(decision: Decision): string {
  if (decision.do === "refuse")
    return `refused: ${decision.error.message} (${decision.error.code}, ${decision.status})`;
  const { name } = decision.rule;
  if (decision.do === "answer") return `answered ${decision.status} by ${name}`;
  if (decision.do === "close") return `closed by ${name}`;
  const { action } = decision.rule;
  const to = action.do === "forward" ? action.to.join(" or ") : "";
  const [modifier1, , , modifier2] = decision.packet;
  const left = decision.loaderVars.length === 0 ? "" : `, without ${decision.loaderVars.join(", ")}`;
  return `forwarded by ${name} to ${to}, modifier1 ${modifier1}, modifier2 ${modifier2}${left}`;
}

const words: Readonly<Record<RuleOutcome["outcome"], string>> = {
  matched: "yes, this one",
  "passed-over": "no: ",
  refused: "refused: ",
  unasked: "not asked: one before it is for the packet",
};

function outcomeOf({ conditions }: CompiledRule, subject: Subject): Pick<RuleOutcome, "outcome" | "why"> {
  try {
    const failing = conditions.find((condition) => !condition.holds(subject));
    if (failing === undefined) return { outcome: "matched" };
    const seen = failing.seen(subject);
    return {
      outcome: "passed-over",
      why: `${failing.text} does not hold, there is ${seen === undefined ? "none" : show(seen)}`,
    };
  } catch (error) {
    if (error instanceof ProtocolError) return { outcome: "refused", why: error.message };
    throw error;
  }
}
