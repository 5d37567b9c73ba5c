/** How much memory is really in use. */
import { setImmediate } from "node:timers/promises";

/** How much the heap of a long run may grow behind the warm-up: what an engine keeps for itself varies that much. */
export const MAX_GROWTH_BYTES = 6_000_000;

/** Bytes in use, on the heap and in buffers, after a full collection. Needs `--expose-gc`. */
export async function heapAfterCollection(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("run with --expose-gc");
  // What ends with the turn of the loop shall have ended, and finalizers free more for a second collection.
  for (let i = 0; i < 3; i++) {
    await setImmediate();
    globalThis.gc();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
