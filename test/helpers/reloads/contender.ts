/** A process manager under the checks of reloads: ours, or another's. */
import type { HttpLoad } from "./http-load.ts";

export type Reload = "graceful" | "chain" | "upgrade";

export interface Contender extends AsyncDisposable {
  readonly name: string;
  /** What nginx passes requests to, as directives of a location. */
  readonly pass: string;
  /** Of the master. */
  readonly pid: number;
  /** The ways that it has. */
  readonly ways: ReadonlySet<Reload>;
  /** Resolves when the new version has taken over. `load` tells who answers. */
  reload(way: Reload, load: HttpLoad): Promise<void>;
}

/** How long none of the old processes must have answered. */
const QUIET_MS = 150;

/**
 * Resolves when `workers` processes answer that did not before, and none of the others any more; rejects after 30 s.
 * For managers that do not say themselves when a reload is done.
 */
export async function untilOthersAnswer(load: HttpLoad, before: ReadonlySet<number>, workers: number): Promise<void> {
  const until = performance.now() + 30_000;
  for (;;) {
    const now = performance.now();
    const pids = [...load.pids];
    const fresh = pids.filter(([pid, at]) => !before.has(pid) && now - at < QUIET_MS).length;
    const old = pids.filter(([pid, at]) => before.has(pid) && now - at < QUIET_MS).length;
    if (fresh >= workers && old === 0) return;
    if (now > until)
      throw new Error(`a reload was not done after 30 s: ${fresh} new processes answer, ${old} old ones`);
    // One look for each few requests.
    // oxlint-disable-next-line eslint/no-await-in-loop
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}
