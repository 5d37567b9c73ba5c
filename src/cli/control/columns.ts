/** Tables and numbers for a terminal. Pure. */
import { visible } from "../frame/visible.ts";

/** One column: what stands above it, and to which side it is set. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
  /** How what stands there is shown; it takes no place. */
  readonly paint?: (cell: string) => string;
}

/** Lines of a table; each column is as wide as it must be. */
export function tableOf(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(visible))];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const lineOf = (row: readonly string[], isHead: boolean): string =>
    columns
      .map(({ align, paint }, at) => {
        const cell = row[at] ?? "";
        const gap = " ".repeat(Math.max(0, (widths[at] ?? 0) - cell.length));
        const shown = isHead || paint === undefined ? cell : paint(cell);
        return align === "right" ? `${gap}${shown}` : `${shown}${gap}`;
      })
      .join("  ")
      .trimEnd();
  return cells.map((row, at) => `${lineOf(row, at === 0)}\n`).join("");
}

/** `850ms`, `12s`, `3m`, `5h`, `2d`: the greatest unit of which there are two, or the smallest. */
export function shortTime(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 1) return `${Math.floor(ms)}ms`;
  if (seconds < 120) return `${Math.floor(seconds)}s`;
  if (seconds < 120 * 60) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3_600) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** `60M`, `1.5G`: MiB, and GiB from one on. */
export function shortBytes(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 1_024 ? `${Math.round(mebibytes)}M` : `${(mebibytes / 1_024).toFixed(1)}G`;
}

/** As JSON in one line, without what a terminal would obey: that is written as `\uHHHH`, which is the same. */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => escapeUnit(character.charCodeAt(at))).join(""),
  );
  return `${text}\n`;
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}
