/** The engine's collection, on demand, in whatever process or thread. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

/** At once, what nobody holds; finalizers have not run then. */
export const collect = runInNewContext("gc") as () => void;

/** Collects all that nobody holds, and what finalizers let go of then. */
export async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await new Promise(setImmediate);
    collect();
  }
}

/**
 * How many are still there when all that can be has been collected. What was used last may be held a while longer, by the
 * engine's own threads or what is left of a frame: what is really kept stays whatever is waited for.
 */
export async function leftOf(refs: readonly WeakRef<object>[]): Promise<number> {
  const left = (): number => refs.filter((ref) => ref.deref() !== undefined).length;
  for (let round = 0; round < 20; round++) {
    await collectGarbage();
    if (left() === 0) return 0;
  }
  return left();
}
