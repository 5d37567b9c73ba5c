/** Runs a fuzz target over code that is known to be wrong. */
import { type Found, Fuzzer } from "../../fuzz/fuzzer.ts";
import type { Target } from "../../fuzz/target.ts";

/** The first finding among `mostCases` cases, the same in each run; undefined when there is none. */
export async function hunt(target: Target, mostCases: number, seed = 1): Promise<Found | undefined> {
  const fuzzer = new Fuzzer([target], seed, mostCases);
  while (!fuzzer.isDone) {
    const found = await fuzzer.turn(1_000);
    if (found !== undefined) return found;
  }
  return undefined;
}
