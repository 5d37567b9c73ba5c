/** Draws the chart for the documents. Pure; plain SVG, for light and dark pages. */
import { type Answer, ratioTo, type Row } from "./results.ts";
import { describeSpread } from "./table.ts";

const WIDTH = 760;
const LABEL_WIDTH = 270;
const BAR_HEIGHT = 26;
/** Bars end here, in multiples of the yardstick; longer ones are cut and say so. */
const MOST_RATIO = 4;
const YARDSTICK = "node-http/unix";

const CURVE_HEIGHT = 260;
const CURVE_LEFT = 60;
const CURVE_RIGHT = 230;

/** One hue for each backend; all are readable on white and on black. */
const colours: Readonly<Record<string, string>> = {
  "uisge-net": "#56b4e9",
  "uisge-direct": "#1f6feb",
  "node-http": "#d55e00",
  "node-http-close": "#e08a4a",
  uwsgi: "#0a9469",
  floor: "#858585",
  "node-fastcgi": "#b5679b",
};

/** An SVG of what there is of hello and of the curve over concurrency. */
export function chart(answers: readonly Answer[]): string {
  const bars = rowsOf(answers, "hello").filter(({ contestant }) => contestant.endsWith("/unix"));
  const curve = rowsOf(answers, "concurrency");
  const barsDrawn = bars.length === 0 ? { svg: "", height: 0 } : drawBars(bars);
  const curveDrawn = curve.length === 0 ? { svg: "", height: 0 } : drawCurve(curve, barsDrawn.height);
  const height = barsDrawn.height + curveDrawn.height;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title">
<title id="title">Processor time of a backend behind nginx for each request</title>
<style>
/* The edge keeps lines from crossing the letters. */
text { font: 13px system-ui, sans-serif; fill: #1f2328; stroke: #ffffff; stroke-width: 4px; paint-order: stroke; }
.head { font-weight: 600; font-size: 15px; }
.quiet { fill: #59636e; font-size: 12px; }
.line { stroke: #d1d9e0; }
.mark, .spread { stroke: #1f2328; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; stroke: #0d1117; }
  .quiet { fill: #9198a1; }
  .line { stroke: #3d444d; }
  .mark, .spread { stroke: #f0f6fc; }
}
</style>
${barsDrawn.svg}${curveDrawn.svg}</svg>
`;
}

interface Drawn {
  readonly svg: string;
  readonly height: number;
}

function drawBars(rows: readonly Row[]): Drawn {
  const top = 56;
  const scale = (WIDTH - LABEL_WIDTH - 130) / MOST_RATIO;
  const bottom = top + rows.length * BAR_HEIGHT;
  const parts = [
    text(0, 18, "CPU for one hello, as a multiple of node:http behind proxy_pass with keep-alive", "head"),
    text(
      0,
      38,
      "Unix sockets, one nginx worker, 32 connections; median and quartiles of the rounds. Less is better.",
      "quiet",
    ),
  ];
  for (let ratio = 0; ratio <= MOST_RATIO; ratio++) {
    const x = LABEL_WIDTH + ratio * scale;
    parts.push(
      line(x, top, x, bottom, ratio === 1 ? "mark" : "line"),
      text(x, bottom + 16, `${ratio}x`, "quiet", "middle"),
    );
  }
  for (const [i, row] of rows.entries()) {
    const y = top + i * BAR_HEIGHT;
    const ratio = row.contestant === YARDSTICK ? { median: 1, low: 1, high: 1 } : ratioTo(row, "cpuUs", YARDSTICK);
    if (ratio === undefined) continue;
    const isCut = ratio.high > MOST_RATIO;
    const width = Math.min(ratio.median, MOST_RATIO) * scale;
    const middle = y + BAR_HEIGHT / 2;
    parts.push(
      text(LABEL_WIDTH - 8, middle + 4, titleOf(row), "", "end"),
      `<rect x="${LABEL_WIDTH}" y="${y + 4}" width="${round(width)}" height="${BAR_HEIGHT - 8}" fill="${colourOf(row)}"/>`,
    );
    if (!isCut && ratio.high > ratio.low) {
      parts.push(line(LABEL_WIDTH + ratio.low * scale, middle, LABEL_WIDTH + ratio.high * scale, middle, "spread"));
    }
    const end = LABEL_WIDTH + Math.min(ratio.high, MOST_RATIO) * scale;
    const label = row.contestant === YARDSTICK ? "1" : describeSpread(ratio, ratio.median < 10 ? 2 : 0);
    parts.push(text(end + 8, middle + 4, isCut ? `» ${label}` : label));
  }
  return { svg: parts.join(""), height: bottom + 40 };
}

/** Both axes are logarithmic: equal distances are equal ratios. */
function drawCurve(rows: readonly Row[], offset: number): Drawn {
  const top = offset + 60;
  const bottom = top + CURVE_HEIGHT;
  const steps = [...new Set(rows.map(({ variation }) => variation))];
  const costs = rows.map((row) => row.summary.cpuUs?.median ?? Number.NaN);
  const [least, most] = [Math.min(...costs) / 1.2, Math.max(...costs) * 1.2];
  const x = (step: number): number =>
    CURVE_LEFT + (step * (WIDTH - CURVE_LEFT - CURVE_RIGHT)) / Math.max(1, steps.length - 1);
  const y = (us: number): number => bottom - (CURVE_HEIGHT * Math.log(us / least)) / Math.log(most / least);
  const parts = [
    text(0, offset + 22, "CPU for one hello, in microseconds, over more and more connections", "head"),
    text(0, offset + 42, "The scale is logarithmic: equal distances are equal ratios.", "quiet"),
  ];
  for (const us of marksBetween(least, most)) {
    parts.push(
      line(CURVE_LEFT, y(us), WIDTH - CURVE_RIGHT, y(us), "line"),
      text(CURVE_LEFT - 8, y(us) + 4, `${us}`, "quiet", "end"),
    );
  }
  for (const [i, step] of steps.entries()) {
    parts.push(text(x(i), bottom + 18, step.replace(/ connections?$/, ""), "quiet", "middle"));
  }
  parts.push(text((CURVE_LEFT + WIDTH - CURVE_RIGHT) / 2, bottom + 36, "connections", "quiet", "middle"));
  const contestants = [...new Set(rows.map(({ contestant }) => contestant))];
  for (const [i, contestant] of contestants.entries()) {
    const own = rows.filter((row) => row.contestant === contestant);
    const [first] = own;
    if (first === undefined) continue;
    const colour = colourOf(first);
    const points = own.map(
      (row) => `${round(x(steps.indexOf(row.variation)))},${round(y(row.summary.cpuUs?.median ?? least))}`,
    );
    parts.push(`<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const point of points) {
      const [cx, cy] = point.split(",");
      parts.push(`<circle cx="${cx ?? 0}" cy="${cy ?? 0}" r="3.5" fill="${colour}"/>`);
    }
    const legendY = top + 14 + i * 22;
    const legendX = WIDTH - CURVE_RIGHT + 24;
    parts.push(
      `<rect x="${legendX}" y="${legendY - 9}" width="14" height="10" fill="${colour}"/>`,
      text(legendX + 22, legendY, titleOf(first)),
    );
  }
  return { svg: parts.join(""), height: 60 + CURVE_HEIGHT + 50 };
}

/** 1, 2, 5, 10, 20, 50, ... */
function marksBetween(least: number, most: number): number[] {
  const marks: number[] = [];
  for (let power = 1; power <= most; power *= 10) marks.push(power, 2 * power, 5 * power);
  return marks.filter((mark) => mark >= least && mark <= most);
}

function rowsOf(answers: readonly Answer[], question: string): readonly Row[] {
  return answers.find((answer) => answer.question === question)?.rows ?? [];
}

/** Without what all have in common. */
function titleOf({ title }: Row): string {
  return title.replace("; unix socket", "");
}

function colourOf({ contestant }: Row): string {
  return colours[contestant.slice(0, contestant.indexOf("/"))] ?? "#858585";
}

function text(
  x: number,
  y: number,
  content: string,
  className = "",
  anchor: "start" | "middle" | "end" = "start",
): string {
  const attributes = [
    ...(className === "" ? [] : [`class="${className}"`]),
    ...(anchor === "start" ? [] : [`text-anchor="${anchor}"`]),
  ];
  return `<text x="${round(x)}" y="${round(y)}" ${attributes.join(" ")}>${escape(content)}</text>\n`;
}

function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return `<line class="${className}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>\n`;
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
