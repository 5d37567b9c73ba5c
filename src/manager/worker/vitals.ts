/** How a worker is: looked at once a second, and told when it has changed. */
import { performance } from "node:perf_hooks";
import type { FromWorker } from "../channel/messages.ts";

type Told = Omit<Extract<FromWorker, { readonly kind: "vitals" }>, "kind">;

/**
 * The event loop is looked at so often: what holds it for longer is seen. Not by `monitorEventLoopDelay`, which sees
 * nothing of what comes right behind its reset.
 */
const RESOLUTION_MS = 100;

/** Less than these is noise. */
const RSS_STEP = 262_144;
const BUSYNESS_STEP = 0.02;
const LAG_STEP_MS = 10;

/** What does not change any more is told a few times: a master may count reports in a row. */
const LAST_REPORTS = 3;

export class VitalSigns {
  private utilization = performance.eventLoopUtilization();
  private readonly news = new VitalNews();
  private seenAt = performance.now();
  private lagMs = 0;

  constructor() {
    setInterval(() => this.see(), RESOLUTION_MS).unref();
  }

  /** Looks; undefined when there is nothing new. */
  look(requests: number, running: number): Told | undefined {
    const utilization = performance.eventLoopUtilization();
    const { utilization: busyness } = performance.eventLoopUtilization(utilization, this.utilization);
    this.utilization = utilization;
    // This may be the first that runs behind what has held the loop.
    this.see();
    const lagMs = Math.round(this.lagMs);
    this.lagMs = 0;
    const found: Told = {
      requests,
      running,
      rss: process.memoryUsage.rss(),
      busyness: Math.round(busyness * 1_000) / 1_000,
      lagMs,
    };
    return this.news.isNew(found) ? found : undefined;
  }

  private see(): void {
    const now = performance.now();
    this.lagMs = Math.max(this.lagMs, now - this.seenAt - RESOLUTION_MS);
    this.seenAt = now;
  }
}

/** Whether a report says what the master does not know. Pure. */
export class VitalNews {
  private told: Told | undefined;
  private left = LAST_REPORTS;

  isNew(found: Told): boolean {
    this.left = this.told === undefined || hasChanged(this.told, found) ? LAST_REPORTS : this.left - 1;
    if (this.left <= 0) return false;
    this.told = found;
    return true;
  }
}

function hasChanged(told: Told, found: Told): boolean {
  return (
    told.requests !== found.requests ||
    told.running !== found.running ||
    Math.abs(told.rss - found.rss) >= RSS_STEP ||
    Math.abs(told.busyness - found.busyness) >= BUSYNESS_STEP ||
    Math.abs(told.lagMs - found.lagMs) >= LAG_STEP_MS
  );
}
