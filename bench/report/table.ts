/** The tables of the terminal. Pure. */
import { type Answer, type Metric, ratioTo, type Row } from "./results.ts";
import type { Spread } from "./statistics.ts";

interface Column {
  readonly head: string;
  cell(row: Row): string;
}

/** Backends that ratios are shown to. */
const yardsticks: readonly (readonly [backend: string, head: string])[] = [
  ["node-http", "/ node:http"],
  ["uwsgi", "/ uWSGI"],
  ["floor", "/ C floor"],
  ["node-http-express", "/ Express on it"],
  ["node-http-fetch", "/ fetch on it"],
];

const metrics: readonly (readonly [metric: Metric, head: string, digits: number])[] = [
  ["requestsPerSecond", "req/s", 0],
  ["mbPerSecond", "MB/s", 0],
  ["p50Ms", "p50 ms", 2],
  ["p99Ms", "p99 ms", 2],
  ["rssMb", "RSS MB", 0],
  ["growthMb", "+peak MB", 1],
];

/** The lines of a table for one question, one row for each contestant. */
export function tableOf({ title, notes, rows, rounds, seconds }: Answer): string[] {
  const effort = `${rounds} ${rounds === 1 ? "round" : "rounds"}${seconds === 0 ? "" : ` of ${seconds} s`}`;
  const lines = [`${title}  (${effort})`, ...notes.map((note) => `  ${note}`)];
  const variations = [...new Set(rows.map(({ variation }) => variation))];
  for (const variation of variations) {
    if (variation !== "") lines.push(`  ${variation}`);
    const some = rows.filter((row) => row.variation === variation);
    lines.push(...aligned(some, columnsOf(some)).map((line) => `  ${line}`));
  }
  return lines;
}

/** "0.71 (0.70-0.73)". */
export function describeSpread({ median, low, high }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}

/** `uisge-net/unix` -> the row's cost against node:http over the same kind of socket. */
export function yardstickFor(row: Row, backend: string): string {
  return `${backend}${row.contestant.slice(row.contestant.indexOf("/"))}`;
}

function columnsOf(rows: readonly Row[]): Column[] {
  const isIdle = rows.every(({ summary }) => summary.bytesPerConnection !== undefined);
  const cost: Metric = isIdle ? "bytesPerConnection" : "cpuUs";
  const columns: Column[] = [
    { head: "", cell: ({ title }) => title },
    {
      head: isIdle ? "bytes/connection" : "CPU us/request",
      cell: ({ summary }) => spreadCell(summary[cost], isIdle ? 0 : 1),
    },
  ];
  for (const [backend, head] of yardsticks) {
    const cell = (row: Row): string => spreadCell(ratioTo(row, cost, yardstickFor(row, backend)), 2);
    if (rows.some((row) => cell(row) !== "")) columns.push({ head, cell });
  }
  for (const [metric, head, digits] of metrics) {
    const cell = ({ summary }: Row): string => summary[metric]?.median.toFixed(digits) ?? "";
    if (rows.some((row) => cell(row) !== "")) columns.push({ head, cell });
  }
  return columns;
}

function spreadCell(spread: Spread | undefined, digits: number): string {
  return spread === undefined ? "" : describeSpread(spread, digits);
}

/** The first column to the left, figures to the right. */
function aligned(rows: readonly Row[], columns: readonly Column[]): string[] {
  const cells = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
