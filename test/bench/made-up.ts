/** Results that nobody has measured. */
import { type Answer, type Measured, type Results, rowsOf } from "../../bench/report/results.ts";

/** A contestant whose requests took so many microseconds, round by round. */
export function measured(contestant: string, ...cpuUs: readonly number[]): Measured {
  return { contestant, title: `title of ${contestant}`, rounds: cpuUs.map((us) => ({ cpuUs: us })) };
}

export function answer(question: string, ...field: readonly Measured[]): Answer {
  return {
    question,
    title: `title of ${question}`,
    askedAt: "2026-01-01T00:00:00.000Z",
    rounds: field[0]?.rounds.length ?? 0,
    seconds: 4,
    notes: [],
    rows: rowsOf("", field),
  };
}

export function results(...answers: readonly Answer[]): Results {
  const machine = { cpu: "Z80", cores: 1, os: "CP/M", node: "v20.0.0", programs: { nginx: "1.22.1" } };
  return { version: "1.0.0", machine, leftOut: [], answers };
}
