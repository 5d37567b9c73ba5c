/** Tables and numbers for a terminal. Pure. */

/** One column: what stands above it, and to which side it is set. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Lines of a table; each column is as wide as it must be. */
export function tableOf(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(visible))];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const lineOf = (row: readonly string[]): string =>
    columns
      .map(({ align }, at) => {
        const cell = row[at] ?? "";
        return align === "right" ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0);
      })
      .join("  ")
      .trimEnd();
  return cells.map((row) => `${lineOf(row)}\n`).join("");
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

/** Without what a terminal would obey. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
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
