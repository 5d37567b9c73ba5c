/** What we want to reach, and whether we do. Pure. */
import { type Answer, type Metric, ratioTo, rowIn } from "./results.ts";
import { describeSpread } from "./table.ts";

interface Goal {
  readonly what: string;
  readonly question: string;
  readonly metric: Metric;
  /** Backend that it is compared with, over a unix socket. */
  readonly yardstick: string;
  readonly goal: number;
  /** Beyond the goal. */
  readonly aim?: number;
  /** What counts as reached. */
  readonly better: "lower" | "higher";
}

const ours = ["uisge-net/unix", "uisge-direct/unix"] as const;

const cpu = { question: "hello", metric: "cpuUs", better: "lower" } as const;
const flow = { metric: "requestsPerSecond", better: "higher", goal: 1, yardstick: "node-http" } as const;

export const goals: readonly Goal[] = [
  { ...cpu, what: "CPU per hello / node:http, keep-alive", yardstick: "node-http", goal: 0.8, aim: 0.7 },
  { ...cpu, what: "CPU per hello / uWSGI + CPython", yardstick: "uwsgi", goal: 1.2, aim: 1 },
  { ...cpu, what: "CPU per hello / C floor", yardstick: "floor", goal: 2, aim: 1.6 },
  { ...flow, what: "MB/s of a download of 10 MiB / node:http, keep-alive", question: "download-10m" },
  { ...flow, what: "MB/s of an upload of 10 MiB / node:http, keep-alive", question: "upload-10m" },
  {
    what: "memory of an idle connection / node:http",
    question: "idle",
    metric: "bytesPerConnection",
    yardstick: "node-http",
    goal: 0.5,
    better: "lower",
  },
];

/** The lines of the goals table; nothing where nothing of it was measured. */
export function goalLines(answers: readonly Answer[]): string[] {
  const lines = goals.flatMap((goal) => ours.flatMap((contestant) => line(goal, contestant, answers) ?? []));
  const growth = ["download-10m", "upload-10m"].flatMap((question) =>
    [...ours, "node-http/unix"].flatMap((contestant) => {
      const grown = rowIn(answers, question, contestant)?.summary.growthMb;
      return grown === undefined
        ? []
        : [`  most RSS above the start, ${question}, ${contestant}: ${describeSpread(grown, 1)} MB`];
    }),
  );
  return lines.length + growth.length === 0 ? [] : ["Goals", ...lines, ...growth];
}

function line(
  { what, question, metric, yardstick, goal, aim, better }: Goal,
  contestant: string,
  answers: readonly Answer[],
): string | undefined {
  const ratio = ratioTo(rowIn(answers, question, contestant), metric, `${yardstick}/unix`);
  if (ratio === undefined) return undefined;
  const reaches = (mark: number): boolean => (better === "lower" ? ratio.median <= mark : ratio.median >= mark);
  let verdict = reaches(goal) ? "reached" : "MISSED";
  if (aim !== undefined && reaches(aim)) verdict = "aim reached";
  const sign = better === "lower" ? "<=" : ">=";
  const marks = `goal ${sign} ${goal}${aim === undefined ? "" : `, aim ${sign} ${aim}`}`;
  return `  ${verdict.padEnd(12)}${contestant.padEnd(18)} ${what}: ${describeSpread(ratio, 2)}; ${marks}`;
}
