/**
 * Rules that say where uwsgi packets go: by host, path, method, var, key or modifier1. Pure: who listens, connects and
 * pipes is in `gateway` (`packet-router.ts`).
 *
 * Read first: `rule.ts` (what a rule can say), then `rule-set.ts` (what becomes of a packet). `rule-text.ts` and
 * `rules-file.ts` are how rules are written, `routed-path.ts` what makes a path safe to compare, `explain.ts` why a
 * packet goes where it goes. `head-filter.ts` and `response-watch.ts` decide for who acts.
 */
export type { Action, Changes, CompiledRule } from "./compiled-rule.ts";
export type { Condition } from "./conditions.ts";
export {
  explain,
  explainVars,
  type Explanation,
  formatDecision,
  formatExplanation,
  type RuleOutcome,
} from "./explain.ts";
export { HeadFilter } from "./head-filter.ts";
/** @internal For `gateway`. */
export { ResponseWatch } from "./response-watch.ts";
export type { Conditions, LoaderVars, Rule, VarCondition, VarValue } from "./rule.ts";
export { type Decision, isHttpLike, RuleSet } from "./rule-set.ts";
export { parseRule } from "./rule-text.ts";
export { parseRulesFile, type RulesFile, type RulesFileUpstream } from "./rules-file.ts";
/** @internal For `gateway`. */
export { badRule } from "./bad-rule.ts";
