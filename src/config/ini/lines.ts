/**
 * An ini file as uWSGI takes it apart (`core/ini.c`). Blanks, tabs and CR around a line, a name and a value do not count. A line
 * that begins with `;` or `#` is a comment; behind a value both are part of it. Quotes and backslashes are letters like any
 * other, no line goes on in the next one, and of a name the first `=` is the end. Pure.
 */

export interface IniLine {
  readonly name: string;
  /** `true` where the line has no `=`. */
  readonly value: string | true;
  /** From 1. */
  readonly line: number;
  /** Why it cannot be meant; it counts only where its section is read. */
  readonly fault?: string;
}

/** What stands under one `[title]`; one title may stand several times. */
export interface IniBlock {
  readonly title: string;
  readonly line: number;
  readonly lines: readonly IniLine[];
}

export interface IniText {
  readonly blocks: readonly IniBlock[];
  /** Of what is wrong whichever section is read. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/** Takes a file apart. A byte order mark, which would hide the first line from uWSGI, does not count. */
export function splitIni(text: string, mostLength: number): IniText {
  const blocks: { title: string; line: number; lines: IniLine[] }[] = [];
  const problems: { line: number; message: string }[] = [];
  let isOutside = false;
  for (const [index, raw] of text
    .replace(/^\ufeff/, "")
    .split("\n")
    .entries()) {
    const line = index + 1;
    const content = trimBlanks(raw);
    if (content === "" || content.startsWith(";") || content.startsWith("#")) continue;
    if (content.startsWith("[")) {
      const end = content.indexOf("]");
      if (end !== content.length - 1) problems.push({ line, message: titleFault(end) });
      blocks.push({ title: content.slice(1, end === -1 ? undefined : end), line, lines: [] });
      continue;
    }
    const block = blocks.at(-1);
    if (block !== undefined) {
      block.lines.push(splitLine(content, line, mostLength));
    } else if (!isOutside) {
      isOutside = true;
      problems.push({ line, message: "the line stands in no section: [uwsgi] or [uisge] is needed above it" });
    }
  }
  return { blocks, problems };
}

function titleFault(end: number): string {
  return end === -1
    ? "the title of a section ends with ]"
    : "nothing may stand behind the ] of a title, not even a comment";
}

function splitLine(content: string, line: number, mostLength: number): IniLine {
  if (content.length > mostLength) {
    const fault = `the line has ${content.length} characters, at most ${mostLength} are allowed`;
    return { name: "", value: true, line, fault };
  }
  const equals = content.indexOf("=");
  const name = equals === -1 ? content : trimBlanks(content.slice(0, equals));
  const value = equals === -1 ? true : trimBlanks(content.slice(equals + 1));
  // uWSGI ends a line at NUL.
  if (content.includes("\0")) return { name, value, line, fault: "the line has a NUL character" };
  if (name === "") return { name, value, line, fault: "an option has to be named before the =" };
  return { name, value, line };
}

/** Not `trim`: other kinds of space are letters to uWSGI. Not a pattern: one for the end takes the square of the length. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t" || character === "\r";
}
