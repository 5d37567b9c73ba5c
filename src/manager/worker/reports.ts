/** What a worker tells its master unasked, while it serves. */
import type { ServerCounts } from "../../server/index.ts";
import type { LineChannel } from "../channel/line-channel.ts";
import type { FromWorker, ToWorker } from "../channel/messages.ts";
import type { Serving } from "./serving.ts";
import { VitalSigns } from "./vitals.ts";
import { Watcher } from "./watcher.ts";
import type { WorkerSetup } from "../channel/worker-setup.ts";

/** How often it says that its event loop turns, while requests run. */
const BEAT_MS = 100;

/** How often it says how it is. */
const VITALS_MS = 1_000;

export interface ReportsOptions {
  /** It has taken as many requests as it may. Told once. */
  readonly onMaxRequests: () => void;
  /** What an operator should know. */
  readonly onNotice: (text: string) => void;
}

export class Reports {
  private readonly channel: LineChannel<FromWorker, ToWorker>;
  private readonly serving: Serving;
  private readonly counts: ServerCounts;
  private readonly options: ReportsOptions;
  private readonly beats: boolean;
  private readonly watcher: Watcher | undefined;
  private maxRequests: number;
  private beating: NodeJS.Timeout | undefined;

  constructor(
    channel: LineChannel<FromWorker, ToWorker>,
    serving: Serving,
    counts: ServerCounts,
    { harakiriMs, maxRequests, watchesLoop }: WorkerSetup,
    options: ReportsOptions,
  ) {
    this.channel = channel;
    this.serving = serving;
    this.counts = counts;
    this.options = options;
    this.beats = harakiriMs !== undefined;
    this.maxRequests = maxRequests ?? Number.POSITIVE_INFINITY;
    this.watcher =
      harakiriMs !== undefined && watchesLoop
        ? Watcher.start(harakiriMs, () => serving.running(), options.onNotice)
        : undefined;
    const vitals = new VitalSigns();
    setInterval(() => {
      const found = vitals.look(this.counts.exchanges, this.serving.runningCount);
      // What the master does not read now would be old when it does.
      if (found !== undefined && channel.isEmpty) channel.send({ kind: "vitals", ...found });
    }, VITALS_MS).unref();
  }

  /** Before a request gets to the application: that may be the last thing this event loop does. */
  beforeAnswer(): void {
    if (this.counts.exchanges >= this.maxRequests) {
      this.maxRequests = Number.POSITIVE_INFINITY;
      this.options.onMaxRequests();
    }
    if (!this.beats || this.beating !== undefined) return;
    this.beating = setInterval(() => this.beat(), BEAT_MS).unref();
    this.say(0);
  }

  private beat(): void {
    if (this.serving.runningCount > 0) {
      this.say(this.serving.oldestMs);
      return;
    }
    clearInterval(this.beating);
    this.beating = undefined;
    this.watcher?.idle();
    this.channel.send({ kind: "idle" });
  }

  private say(oldestMs: number): void {
    this.watcher?.beat(oldestMs);
    // One that waits already says nearly the same.
    if (this.channel.isEmpty) this.channel.send({ kind: "beat", oldestMs });
    this.watcher?.note(this.channel.isEmpty);
  }
}
