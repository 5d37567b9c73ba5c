/** Findings for people, and for programs. Pure. */
import type { Finding, Fix, Severity } from "./rules/rule.ts";

export interface ReportOptions {
  /** With the colours of a terminal. Default false. */
  readonly isColoured?: boolean;
}

const COLOURS: Readonly<Record<Severity, string>> = { error: "31", warning: "33", hint: "36" };

/** What a person reads: each finding with its place, its line, why it matters and what to do; a summary behind them. */
export function reportText(findings: readonly Finding[], { isColoured = false }: ReportOptions = {}): string {
  const paint = (code: string, text: string): string => (isColoured ? `\u001b[${code}m${text}\u001b[0m` : text);
  const parts = findings.map((finding) => {
    const { severity, id, what, why, fix } = finding;
    const title = `${paint(`1;${COLOURS[severity]}`, severity)} ${paint("1", id)}: ${printable(what)}`;
    const place = placeOf(finding);
    const lines = place === undefined ? [] : [`  ${place.file}:${place.line}: ${printable(place.text)}`];
    return [
      title,
      ...lines,
      ...wrap(why, 2),
      ...fix.flatMap((one) => fixLines(one).map((line) => paint("32", line))),
    ].join("\n");
  });
  return `${[...parts, summary(findings)].join("\n\n")}\n`;
}

/** What a program reads: a list of objects, see docs/doctor.md. */
export function reportJson(findings: readonly Finding[]): string {
  const list = findings.map((finding) => {
    const { id, severity, what, why, fix } = finding;
    return { id, severity, what, why, ...placeOf(finding), fix: fix.map(fixObject) };
  });
  return `${JSON.stringify({ findings: list, counts: countsOf(findings) }, undefined, 2)}\n`;
}

/** How many there are of each severity. */
export function countsOf(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const counts: Record<Severity, number> = { error: 0, warning: 0, hint: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

interface PlaceText {
  readonly file: string;
  readonly line: number;
  /** The first line of the directive. */
  readonly text: string;
}

function placeOf({ at }: Finding): PlaceText | undefined {
  if (at === undefined) return undefined;
  const { source, line } = at;
  const start = "directives" in at ? source.lineStart(Math.max(0, at.start - 1)) : at.start;
  const end = source.text.indexOf("\n", start);
  const text = source.text.slice(start, end === -1 ? undefined : end).trim();
  return { file: source.path, line, text: "directives" in at && at.parent === undefined ? "" : text };
}

function summary(findings: readonly Finding[]): string {
  if (findings.length === 0) return "nothing found";
  const counts = countsOf(findings);
  const words = (["error", "warning", "hint"] as const)
    .filter((severity) => counts[severity] > 0)
    .map((severity) => `${counts[severity]} ${severity}${counts[severity] === 1 ? "" : "s"}`);
  return words.join(", ");
}

/** What to do, and the text to paste. */
function fixLines(fix: Fix): readonly string[] {
  switch (fix.do) {
    case "remove":
      return [`  fix: remove line ${fix.directive.line} of ${fix.directive.source.path}`];
    case "replace":
      return [
        `  fix: write in its place, line ${fix.directive.line} of ${fix.directive.source.path}:`,
        ...pasted(fix.text),
      ];
    case "add":
      return [`  fix: add in ${blockName(fix.block)}:`, ...pasted(fix.text)];
    default:
      return ["  fix:", ...pasted(fix.text)];
  }
}

function fixObject(fix: Fix): Readonly<Record<string, unknown>> {
  if (fix.do === "run") return fix;
  if (fix.do === "add")
    return {
      do: fix.do,
      file: fix.block.source.path,
      line: fix.block.line,
      block: blockName(fix.block),
      text: fix.text,
    };
  const { source, line } = fix.directive;
  return { do: fix.do, file: source.path, line, ...(fix.do === "replace" ? { text: fix.text } : {}) };
}

function blockName({
  name,
  args,
  line,
  source,
  parent,
}: {
  readonly name: string;
  readonly args: readonly string[];
  readonly line: number;
  readonly source: { readonly path: string };
  readonly parent: unknown;
}): string {
  if (parent === undefined) return source.path;
  return `${printable([name, ...args].join(" "))} { (line ${line} of ${source.path})`;
}

function pasted(text: string): readonly string[] {
  return text.split("\n").map((line) => `    ${harmless(line)}`);
}

/** At most 100 columns. */
function wrap(text: string, indent: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > 100) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((one) => " ".repeat(indent) + one);
}

/** For one line: cut where it is long. */
function printable(text: string): string {
  return harmless(text).slice(0, 300);
}

/** A configuration is foreign text: nothing of it may steer a terminal. */
function harmless(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}
