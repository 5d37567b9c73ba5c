/** The configuration with all fixes made: new texts of the files that change. Pure. */
import type { Block, Directive } from "./nginx/configuration.ts";
import type { Source } from "./nginx/source.ts";
import type { Finding, Fix } from "./rules/rule.ts";

interface Edit {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Path -> new text, of each file that changes. What a fix asks of a person or a shell is left out, and of two that change
 * the same line the second: examine the result again.
 */
export function applyFixes(findings: readonly Finding[]): ReadonlyMap<string, string> {
  const edits = new Map<string, Edit>();
  const sources = new Map<string, Source>();
  for (const edit of findings.flatMap(({ fix }) => fix.flatMap((one) => editOf(one) ?? []))) {
    sources.set(edit.source.path, edit.source);
    const key = JSON.stringify([edit.source.path, edit.start, edit.end, edit.start === edit.end ? edit.text : ""]);
    if (!edits.has(key)) edits.set(key, edit);
  }
  const texts = new Map<string, string>();
  for (const [path, source] of sources)
    texts.set(
      path,
      edited(
        source,
        [...edits.values()].filter((edit) => edit.source === source),
      ),
    );
  return texts;
}

function editOf(fix: Fix): Edit | undefined {
  switch (fix.do) {
    case "run":
      return undefined;
    case "add":
      return addition(fix.block, fix.text);
    case "replace":
      return {
        source: fix.directive.source,
        start: fix.directive.start,
        end: fix.directive.end,
        text: indented(fix.text, fix.directive).trimStart(),
      };
    default:
      return removal(fix.directive);
  }
}

/** Before the block's `}`, a step further in than the line that this stands on. */
function addition(block: Block, text: string): Edit {
  const { source, end } = block;
  const lineStart = source.lineStart(end);
  const before = source.text.slice(lineStart, end);
  const isOwnLine = before.trim() === "";
  const step = isOwnLine ? "    " : "";
  const margin = /^[ \t]*/.exec(before)?.[0] ?? "";
  const lines = text.replace(/^(?=.)/gm, `${margin}${step || "    "}`);
  const at = isOwnLine ? lineStart : end;
  return { source, start: at, end: at, text: isOwnLine ? `${lines}\n` : `\n${lines}\n${margin}` };
}

/** The whole line where nothing else is on it. */
function removal({ source, start, end }: Directive): Edit {
  const { text } = source;
  const lineStart = source.lineStart(start);
  const rest = /^[ \t]*(?:#[^\n]*)?(?:\n|$)/.exec(text.slice(end, end + 1_000))?.[0];
  if (rest === undefined || text.slice(lineStart, start).trim() !== "") return { source, start, end, text: "" };
  return { source, start: lineStart, end: end + rest.length, text: "" };
}

function indented(text: string, { source, start }: Directive): string {
  const margin = /^[ \t]*/.exec(source.text.slice(source.lineStart(start), start))?.[0] ?? "";
  return text.replace(/^(?=.)/gm, margin);
}

/** From the end to the start, so that offsets stay true; what overlaps an edit behind it is left out. */
function edited({ text }: Source, edits: readonly Edit[]): string {
  let result = text;
  let limit = Number.POSITIVE_INFINITY;
  const ordered = edits
    .map((edit, i) => ({ ...edit, i }))
    .sort((a, b) => b.start - a.start || b.end - a.end || b.i - a.i);
  for (const edit of ordered) {
    if (edit.end > limit) continue;
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
    limit = edit.start;
  }
  return result;
}
