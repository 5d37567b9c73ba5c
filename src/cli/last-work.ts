/** What an application does between the end of its server and its own. */

/** Node's timers go no further. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Resolves when nothing is left that would keep the process alive, or after `mostMs`. */
export function untilNothingLeft(mostMs: number): Promise<void> {
  return new Promise((resolve) => {
    process.once("beforeExit", () => resolve());
    // Without a reference: it is not itself what is waited for.
    setTimeout(resolve, Math.min(mostMs, MAX_TIMER_MS)).unref();
  });
}
