/** The lines of a source around a place. Pure. */

export interface ExcerptLine {
  readonly number: number;
  readonly text: string;
  /** The line of the place. */
  readonly isHere: boolean;
  /** Characters of `text` before the place; undefined in other lines. */
  readonly column?: number;
}

const LINES_AROUND = 5;
const MOST_CHARACTERS = 160;

/** Five lines before and behind; undefined where the source has no such line. `line`, `column` from 1. */
export function excerptOf(text: string, line: number, column: number): ExcerptLine[] | undefined {
  const lines = text.split(/\r\n|[\n\r]/, line + LINES_AROUND);
  if (line < 1 || line > lines.length) return undefined;
  const from = Math.max(1, line - LINES_AROUND);
  return lines.slice(from - 1).map((source, i): ExcerptLine => {
    const number = from + i;
    return number === line ? lineHere(source, number, column - 1) : { number, text: cutLine(source, 0), isHere: false };
  });
}

/** A line of a bundle may be all of it: what is around the place is shown. */
function lineHere(source: string, number: number, column: number): ExcerptLine {
  const start = column < MOST_CHARACTERS - 20 ? 0 : column - 60;
  const text = cutLine(source, start);
  const here = Math.min(Math.max(0, column - start) + (start > 0 ? "... ".length : 0), text.length);
  return { number, text, isHere: true, column: here };
}

function cutLine(source: string, start: number): string {
  const end = start + MOST_CHARACTERS;
  return `${start > 0 ? "... " : ""}${source.slice(start, end)}${source.length > end ? " ..." : ""}`;
}
