/** `uisge route --explain`: prints what becomes of a packet. */
import { typeError } from "../../errors.ts";
import { explainVars, formatDecision, formatExplanation, type RuleSet } from "../../router/index.ts";

/** Text for standard output. `pairs`: `VAR=VALUE`, UTF-8. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is none. */
export function explainPacket(
  rules: RuleSet,
  pairs: readonly string[],
  { modifier1, isJson }: { readonly modifier1: number; readonly isJson: boolean },
): string {
  const explanation = explainVars(rules, pairs.map(readPair), modifier1);
  if (!isJson) return formatExplanation(explanation);
  const { decision } = explanation;
  const outcome = { do: decision.do, rule: decision.rule?.name, text: formatDecision(decision) };
  return `${JSON.stringify({ decision: outcome, rules: explanation.rules }, undefined, 2)}\n`;
}

function readPair(text: string): [name: Uint8Array, value: Uint8Array] {
  const equals = text.indexOf("=");
  if (equals < 1) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `${JSON.stringify(text)}: VAR=VALUE is needed, such as HTTP_HOST=a.com`);
  }
  return [Buffer.from(text.slice(0, equals)), Buffer.from(text.slice(equals + 1))];
}
