/** What we want to reach, and whether we do. Pure. */
import type { Over } from "../backends/index.ts";
import { type Answer, type Metric, ratioTo, type Row, rowIn } from "./results.ts";
import type { Spread } from "./statistics.ts";
import { describeSpread } from "./table.ts";

/** Where the line is drawn. */
interface Mark {
  readonly goal: number;
  /** Beyond the goal. */
  readonly aim?: number;
  /** What counts as reached. */
  readonly better: "lower" | "higher";
}

interface Goal extends Mark {
  readonly what: string;
  /** Who is judged, where that is not the fastest transport with the WSGI-style interface. */
  readonly judged?: string;
  readonly question: string;
  readonly metric: Metric;
  /** Backend that ours is compared with, over the same kind of socket. */
  readonly yardstick: string;
  readonly over: Over;
}

/** Who is judged: the first that was measured. Direct is what users get where it works. */
const ours = ["uisge-direct", "uisge-net"] as const;

const flow = { metric: "requestsPerSecond", better: "higher", goal: 1, yardstick: "node-http", over: "unix" } as const;

const goals: readonly Goal[] = [
  ...cpuGoals("unix"),
  ...cpuGoals("tcp"),
  ...interfaceGoals(),
  { ...flow, what: "MB/s of a download of 10 MiB / node:http, keep-alive", question: "download-10m" },
  { ...flow, what: "MB/s of an upload of 10 MiB / node:http, keep-alive", question: "upload-10m" },
  {
    what: "memory of an idle connection / node:http",
    question: "idle",
    metric: "bytesPerConnection",
    yardstick: "node-http",
    over: "unix",
    goal: 0.5,
    better: "lower",
  },
];

/** MB of resident memory that large bodies may take above the start. */
const growthMark: Mark = { goal: 20, better: "lower" };

/** The lines of the goals table; nothing where nothing of it was measured. */
export function goalLines(answers: readonly Answer[]): string[] {
  const lines = [
    ...goals.flatMap((goal) => ratioLine(goal, answers) ?? []),
    ...["download-10m", "upload-10m"].flatMap((question) => growthLines(question, answers)),
  ];
  return lines.length === 0 ? [] : ["Goals", ...lines];
}

/** The same marks for each kind of socket. */
function cpuGoals(over: Over): Goal[] {
  const cpu = { question: "hello", metric: "cpuUs", better: "lower", over } as const;
  return [
    { ...cpu, what: "CPU per hello / node:http, keep-alive", yardstick: "node-http", goal: 0.8, aim: 0.7 },
    { ...cpu, what: "CPU per hello / uWSGI + CPython", yardstick: "uwsgi", goal: 1.2, aim: 1 },
    { ...cpu, what: "CPU per hello / C floor", yardstick: "floor", goal: 2, aim: 1.6 },
  ];
}

/** The same application on node:http is the yardstick. */
function interfaceGoals(): Goal[] {
  const cpu = { question: "interfaces", metric: "cpuUs", better: "lower", over: "unix" } as const;
  const what = "CPU per hello / the same on node:http, keep-alive";
  return [
    { ...cpu, what, judged: "uisge-node", yardstick: "node-http", goal: 1.4, aim: 1.2 },
    { ...cpu, what, judged: "uisge-express", yardstick: "node-http-express", goal: 0.95 },
    { ...cpu, what, judged: "uisge-fetch", yardstick: "node-http-fetch", goal: 1 },
    { ...cpu, what: "CPU per hello / a Node handler on it", judged: "uisge-fetch", yardstick: "node-http", goal: 1 },
  ];
}

function ratioLine(goal: Goal, answers: readonly Answer[]): string | undefined {
  const { what, question, metric, yardstick, over } = goal;
  const row =
    goal.judged === undefined ? judged(answers, question, over) : rowIn(answers, question, `${goal.judged}/${over}`);
  const ratio = ratioTo(row, metric, `${yardstick}/${over}`);
  if (row === undefined || ratio === undefined) return undefined;
  const marks = describeMark(goal);
  return line(verdictOf(goal, ratio), row, `${what}: ${describeSpread(ratio, 2)}; ${marks}`);
}

/** Ours with a verdict, node:http beside it without. */
function growthLines(question: string, answers: readonly Answer[]): string[] {
  const own = judged(answers, question, "unix");
  return [own, rowIn(answers, question, "node-http/unix")].flatMap((row) => {
    const grown = row?.summary.growthMb;
    if (row === undefined || grown === undefined) return [];
    const figures = `most RSS above the start, ${question}: ${describeSpread(grown, 1)} MB`;
    if (row !== own) return [line("", row, figures)];
    return [line(verdictOf(growthMark, grown), row, `${figures}; ${describeMark(growthMark)}`)];
  });
}

function judged(answers: readonly Answer[], question: string, over: Over): Row | undefined {
  for (const name of ours) {
    const row = rowIn(answers, question, `${name}/${over}`);
    if (row !== undefined) return row;
  }
  return undefined;
}

function verdictOf({ goal, aim, better }: Mark, { median }: Spread): string {
  const reaches = (mark: number): boolean => (better === "lower" ? median <= mark : median >= mark);
  if (aim !== undefined && reaches(aim)) return "aim reached";
  return reaches(goal) ? "reached" : "MISSED";
}

function describeMark({ goal, aim, better }: Mark): string {
  const sign = better === "lower" ? "<=" : ">=";
  return `goal ${sign} ${goal}${aim === undefined ? "" : `, aim ${sign} ${aim}`}`;
}

function line(verdict: string, { contestant }: Row, figures: string): string {
  return `  ${verdict.padEnd(12)}${contestant.padEnd(18)} ${figures}`;
}
