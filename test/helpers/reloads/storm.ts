/** Reloads of one contender behind nginx, while load goes on. */
import { httpBlock, startFront } from "../nginx-stack.ts";
import type { Contender, Reload } from "./contender.ts";
import { HttpLoad, type HttpLoadResult } from "./http-load.ts";

export interface StormPlan {
  /** How many of each; those that the contender does not have are left out. */
  readonly reloads: Readonly<Record<Reload, number>>;
  /** The load goes on behind the reloads until there were so many. */
  readonly requests: number;
  readonly lanes: number;
  /** Told of each reload. */
  readonly onReload?: (text: string) => void;
}

export interface StormResult extends HttpLoadResult {
  readonly done: Readonly<Record<Reload, number>>;
  /** Of all reloads. */
  readonly seconds: number;
  /** Why there were no more reloads: one was never done. */
  readonly gaveUp?: string;
}

/** The reloads of all ways, mixed evenly, and then the rest of the requests. */
export async function storm(contender: Contender, plan: StormPlan): Promise<StormResult> {
  const confText = ({ port }: { port: number }): string => httpBlock(port, `location / { ${contender.pass} }`);
  await using front = await startFront({ confText }, async () => {});
  await untilAnswered(front.port);
  const load = new HttpLoad(front.port, plan.lanes);
  const done = { graceful: 0, chain: 0, upgrade: 0 };
  const startedAt = performance.now();
  let gaveUp: string | undefined;
  try {
    for (const way of mixed(plan.reloads, contender.ways)) {
      const before = performance.now();
      // oxlint-disable-next-line eslint/no-await-in-loop -- one reload at a time
      gaveUp = await contender.reload(way, load).then(
        () => undefined,
        (error: Error) => `${way} reload ${done[way] + 1}: ${error.message}`,
      );
      if (gaveUp !== undefined) break;
      done[way]++;
      plan.onReload?.(`${contender.name}: ${way} ${done[way]} took ${Math.round(performance.now() - before)} ms`);
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    if (gaveUp !== undefined) return { ...(await load.stop()), done, seconds, gaveUp };
    await load.reach(plan.requests);
    return { ...(await load.stop()), done, seconds };
  } finally {
    await load.stop();
  }
}

/** Whoever says that it is up may still need a moment: that is not a loss by a reload. */
async function untilAnswered(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    // oxlint-disable-next-line eslint/no-await-in-loop -- one after the other
    const { status } = await fetch(`http://127.0.0.1:${port}/`);
    if (status === 200) return;
  }
  throw new Error("no answer through nginx before the first reload");
}

/** Every way in proportion: that which is furthest behind its share comes next. */
function* mixed(wanted: Readonly<Record<Reload, number>>, ways: ReadonlySet<Reload>): Generator<Reload> {
  const rest = (Object.entries(wanted) as [Reload, number][]).filter(([way]) => ways.has(way));
  const done = new Map<Reload, number>();
  const share = ([way, count]: [Reload, number]): number => (done.get(way) ?? 0) / count;
  for (;;) {
    const [next] = rest.filter((one) => share(one) < 1).sort((a, b) => share(a) - share(b));
    if (next === undefined) return;
    done.set(next[0], (done.get(next[0]) ?? 0) + 1);
    yield next[0];
  }
}
