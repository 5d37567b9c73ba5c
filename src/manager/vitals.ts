/** How a worker is: looked at once a second, and told when it has changed. */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { FromWorker } from "./messages.ts";

type Told = Omit<Extract<FromWorker, { readonly kind: "vitals" }>, "kind">;

/** The event loop is looked at so often: what holds it for longer is seen. A hundredth of a percent of a processor. */
const RESOLUTION_MS = 100;

/** Less than these is noise. */
const RSS_STEP = 262_144;
const BUSYNESS_STEP = 0.02;
const LAG_STEP_MS = 10;

/** What does not change any more is told a few times: a master may count reports in a row. */
const LAST_REPORTS = 3;

const NANOSECONDS = 1_000_000;

export class VitalSigns {
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private utilization = performance.eventLoopUtilization();
  private told: Told | undefined;
  private left = LAST_REPORTS;

  constructor() {
    this.delays.enable();
  }

  /** Looks; undefined when there is nothing new. */
  look(requests: number, running: number): Told | undefined {
    const utilization = performance.eventLoopUtilization();
    const { utilization: busyness } = performance.eventLoopUtilization(utilization, this.utilization);
    this.utilization = utilization;
    const lagMs = Math.max(0, Math.round(this.delays.max / NANOSECONDS - RESOLUTION_MS));
    this.delays.reset();
    const found: Told = {
      requests,
      running,
      rss: process.memoryUsage.rss(),
      busyness: Math.round(busyness * 1_000) / 1_000,
      lagMs,
    };
    this.left = this.told === undefined || hasChanged(this.told, found) ? LAST_REPORTS : this.left - 1;
    if (this.left <= 0) return undefined;
    this.told = found;
    return found;
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
