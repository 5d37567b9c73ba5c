/**
 * What is wrong with a front end's configuration, why it matters, and what to write instead. For nginx.
 *
 * Read first: `rules/rule.ts` (what a rule, a finding and a fix are) and `examine.ts`. On the way there:
 *
 *     nginx/     the language: tokenizer.ts, parse.ts, configuration.ts (includes), inherit.ts (what holds where)
 *     site.ts    where requests are passed on, and to what
 *     rules/     a file for each subject; all.ts has the list
 *     probe/     what touches the machine: nginx -T, files, sockets; rules/sockets.ts judges what they have seen
 *     apply-fixes.ts, report.ts   what becomes of findings
 *
 * Everything but `probe` is pure. Not here: the command (`cli/doctor-command.ts`).
 */
export { applyFixes } from "./apply-fixes.ts";
export { examine } from "./examine.ts";
export { type Block, type Directive, type Files, readConfiguration } from "./nginx/configuration.ts";
export { Source } from "./nginx/source.ts";
export { examineMachine, type MachineOptions } from "./probe/examine-machine.ts";
export { findNginxUser, userNamed } from "./probe/nginx-user.ts";
export { askNginx, readFile, readText } from "./probe/read-input.ts";
export { countsOf, reportJson, type ReportOptions, reportText } from "./report.ts";
export { rules } from "./rules/all.ts";
export type { Finding, Fix, Found, Rule, RuleText, Severity, Told } from "./rules/rule.ts";
export { socketRules, type User } from "./rules/sockets.ts";
