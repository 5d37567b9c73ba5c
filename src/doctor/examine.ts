/** What is wrong with a configuration: all rules, each finding once. Pure. */
import type { Block } from "./nginx/configuration.ts";
import { rules } from "./rules/all.ts";
import type { Finding, Severity, Told } from "./rules/rule.ts";
import { readSite } from "./site.ts";

const ORDER: readonly Severity[] = ["error", "warning", "hint"];

/** Finds what is wrong, errors first. `main` is what `readConfiguration` answers. */
export function examine(main: Block, told: Told = {}): readonly Finding[] {
  const site = readSite(main);
  const findings: Finding[] = [];
  for (const { id, severity, why, find } of rules) {
    for (const found of find(site, told)) findings.push({ id, severity, why, ...found });
  }
  return inOrder(findings);
}

/** The same line in the same words is one finding, however many places it holds for. Errors first, else as they come. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map(
    findings.map((finding) => {
      const { id, at, what } = finding;
      return [JSON.stringify([id, what, at?.source.path, at?.start]), finding];
    }),
  );
  return [...seen.values()].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}
