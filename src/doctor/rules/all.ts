/** All rules on configurations, in the order of their findings: what breaks requests first. */
import { addressRules } from "./addresses.ts";
import { answerRules } from "./answers.ts";
import { limitRules } from "./limits.ts";
import { locationRules } from "./locations.ts";
import type { Rule } from "./rule.ts";
import { trustRules } from "./trust.ts";
import { variableRules } from "./variables.ts";

export const rules: readonly Rule[] = [
  ...addressRules,
  ...variableRules,
  ...trustRules,
  ...answerRules,
  ...limitRules,
  ...locationRules,
];
