/** What the side-by-side is called with. */
import { parseArgs } from "node:util";

export interface BenchOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Beginnings of the names of questions; all when empty. */
  readonly only: readonly string[];
  /** Names of backends; undefined for all. */
  readonly backends: readonly string[] | undefined;
  /** True when the run is too short, or too narrow, to be kept. */
  readonly isSketch: boolean;
}

export const DEFAULT_ROUNDS = 5;
export const DEFAULT_SECONDS = 4;

/** The arguments of `npm run bench`. Throws for what is none. */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string" },
      seconds: { type: "string" },
      only: { type: "string", multiple: true },
      backends: { type: "string", multiple: true },
      quick: { type: "boolean", default: false },
    },
  });
  const { quick } = values;
  const rounds = count("--rounds", values.rounds, quick ? 1 : DEFAULT_ROUNDS);
  const seconds = count("--seconds", values.seconds, quick ? 1 : DEFAULT_SECONDS);
  const backends = values.backends === undefined ? undefined : words(values.backends);
  const isSketch = rounds < DEFAULT_ROUNDS || seconds < DEFAULT_SECONDS || backends !== undefined;
  return { rounds, seconds, only: words(values.only ?? []), backends, isSketch };
}

function count(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`${name} is ${text}, a whole number from 1 is needed`);
  return Number(text);
}

function words(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(",")).filter((word) => word !== "");
}
