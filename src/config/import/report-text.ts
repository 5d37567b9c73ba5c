/** What an import made of each option, as a table. Pure. */
import { originText } from "../given.ts";
import type { ImportRow, ImportVerdict } from "./imported.ts";

/** In the table: what needs attention catches the eye. */
const WORDS: Readonly<Record<ImportVerdict, string>> = {
  same: "same",
  renamed: "renamed",
  always: "always so",
  dropped: "left out",
  attention: "ATTENTION",
};

/** The cells of each row: where, what, what became of it, and how. */
export function reportCells(report: readonly ImportRow[]): readonly (readonly string[])[] {
  return report.map(({ option, origin, verdict, text, to }) => [
    placeOf(originText(origin)),
    option,
    WORDS[verdict],
    verdict === "same" && text === to ? "" : text,
  ]);
}

/** The line is enough: there is one file, but for what it includes. */
function placeOf(where: string): string {
  return where.slice(where.lastIndexOf("/") + 1);
}

/** `42 options: 12 same, 8 renamed, 6 always so, 10 left out, 6 need attention`. */
export function reportSummary(report: readonly ImportRow[]): string {
  const count = (verdict: ImportVerdict): number => report.filter((row) => row.verdict === verdict).length;
  const parts = [
    `${count("same")} same`,
    `${count("renamed")} renamed`,
    `${count("always")} always so`,
    `${count("dropped")} left out`,
    `${count("attention")} ${count("attention") === 1 ? "needs" : "need"} attention`,
  ];
  return `${report.length} ${report.length === 1 ? "option" : "options"}: ${parts.join(", ")}`;
}
