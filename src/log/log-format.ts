/**
 * Templates of access lines in the words of uWSGI's `log-format`: text with variables, `%(name)`. Read once, at the start;
 * a line is then made of texts and functions in turns.
 *
 * @see https://uwsgi-docs.readthedocs.io/en/latest/LogFormat.html and `uwsgi_build_log_format` of uWSGI's core/logging.c
 */
import type { ExchangeEnd } from "../diagnostics.ts";
import { typeError } from "../errors.ts";
import { escapeField, escapeLine, escapeWord } from "./escape.ts";
import type { LineOrigin } from "./line-origin.ts";
import { variableOf, type VariableWriter } from "./log-variables.ts";

/** Such as `%(addr) - %(user) [%(ltime)] "%(method) %(uri) %(proto)" %(status) %(size)`. */
export type LogFormat = `${string}%(${string})${string}`;

/** True for what is meant as a template, whatever its variables are; every other text is the name of a format. */
export function isLogFormat(text: string): text is LogFormat {
  return text.includes("%(");
}

/** A variable, and what stands behind it. */
interface Part {
  readonly name: string;
  /** It stands between double quotes. */
  readonly isQuoted: boolean;
  readonly behind: string;
}

interface Template {
  readonly before: string;
  readonly parts: readonly Part[];
}

/**
 * The function that makes lines of a template. What comes from outside is escaped as in the `combined` format: for a field
 * in double quotes where the template has it between such, else also without blanks.
 *
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for a variable that there is not, one that is not closed, and for what
 * would make more than one line.
 */
export function compileLogFormat(template: string, origin: LineOrigin): (message: ExchangeEnd, now: Date) => string {
  const { before, parts } = readTemplate(template);
  const writers: readonly VariableWriter[] = parts.map(({ name, isQuoted }) =>
    variableOf(name, isQuoted ? escapeField : escapeWord, origin),
  );
  const texts = parts.map(({ behind }) => behind);
  return (message, now) => {
    let line = before;
    for (let i = 0; i < writers.length; i++) line += (writers[i] as VariableWriter)(message, now) + texts[i];
    return line;
  };
}

/** Only `%(` has a meaning: all other percent signs stand for themselves. */
function readTemplate(template: string): Template {
  const [before = "", ...rest] = template.split("%(");
  checkText(before);
  let isQuoted = isOdd(before);
  const parts: Part[] = [];
  for (const piece of rest) {
    const end = piece.indexOf(")");
    if (end < 0) {
      throw typeError("UWSGI_INVALID_ARGUMENT", `log format: %(${escapeLine(piece)} is not closed by a parenthesis`);
    }
    const behind = piece.slice(end + 1);
    checkText(behind);
    parts.push({ name: piece.slice(0, end), isQuoted, behind });
    if (isOdd(behind)) isQuoted = !isQuoted;
  }
  return { before, parts };
}

/** Whether a text opens quotes, or closes them. */
function isOdd(text: string): boolean {
  return text.split('"').length % 2 === 0;
}

/** The operator's own words are written as they are. */
function checkText(text: string): void {
  const escaped = escapeLine(text);
  if (escaped === text) return;
  throw typeError(
    "UWSGI_INVALID_ARGUMENT",
    `log format: ${escaped} has characters that a line may not have, or is too long`,
  );
}
