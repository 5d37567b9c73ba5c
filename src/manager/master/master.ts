/**
 * The loop of the master: something happens, or its time comes; then it looks at what it knows of its workers, asks
 * `plan`, and does what that says. What is decided is decided there; here are timers and promises.
 *
 * A plan is asked for once everything has been read that had come by the time that it is for: see `judge.ts`.
 */
import { UwsgiError, WorkerError } from "../../errors.ts";
import { cheaper, type CheaperState, firstCheaper, sampleOf } from "../plan/cheaper.ts";
import { Crew, type Member } from "./crew.ts";
import { LATE_MS } from "../plan/judge.ts";
import type { ManagerLog } from "./manager-log.ts";
import type { CheaperOptions } from "../options.ts";
import { plan } from "../plan/plan.ts";
import { abandon, afterReloaded, askReload, failsReload, firstGoal } from "../plan/reload.ts";
import type { WorkerRequest } from "../status.ts";
import { afterFailure, startsAt } from "../../throttle.ts";
import type { Action, Goal, PlanLimits, ReloadMode, WorkerView } from "../plan/view.ts";
import type { WorkerLaunch } from "./worker-process.ts";

/** A worker that is to be started. */
export interface Berth {
  readonly id: number;
  readonly generation: number;
  readonly serial: number;
  /** Most workers that there are at a time. */
  readonly processes: number;
}

export interface MasterOptions {
  /** Workers; the most there may be where there is `cheaper`. */
  readonly processes: number;
  readonly limits: PlanLimits;
  readonly cheaper?: CheaperOptions | undefined;
  /** How the program and the setup of a worker look. */
  readonly launch: (berth: Berth) => WorkerLaunch;
  readonly log: Pick<ManagerLog, "write" | "print">;
  /** Connections in the longest queue, where the system tells. */
  readonly backlog?: () => number | undefined;
  /** Asked when the service ends: true when nobody else will take what is queued. Default: so it is. */
  readonly isLast?: () => boolean;
}

/** Exit codes by which a worker says that no other would do better. */
const FATAL: ReadonlySet<number> = new Set([64, 66, 70, 77, 78]);

const CHEAPER_MS = 1_000;

/** How long a reload waits for old workers to say that they accept no more; one that is busy does not, meanwhile. */
const CLOSED_MS = 1_000;

/** Node's timers go no further. */
const MOST_TIMER_MS = 2 ** 31 - 1;

interface Waiter {
  readonly generation: number;
  resolve(): void;
  reject(error: Error): void;
}

export class Master {
  /** Resolves when a worker accepts; rejects with a WorkerError when none ever will. */
  readonly ready: Promise<void>;
  /** Resolves when all that there shall be accept, for the first time. */
  readonly allReady: Promise<void>;
  /** Resolves with the exit code when all workers have ended. */
  readonly ended: Promise<number>;
  private readonly options: MasterOptions;
  private readonly crew: Crew;
  private readonly waiters = new Set<Waiter>();
  private readonly cheaperTimer: NodeJS.Timeout | undefined;
  private cheaperState: CheaperState | undefined;
  private goal: Goal;
  private most: number;
  private lastSerial = 0;
  private wasReady = false;
  private exitCode = 0;
  private failure: string | undefined;
  private isAsked = false;
  /** A version that has taken over, but for what old workers may still accept; and when that is not waited for any more. */
  private arriving: { readonly generation: number; readonly until: number } | undefined;
  private wakeAt: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private onReady: () => void = () => {};
  private onNever: (error: Error) => void = () => {};
  private onAllReady: () => void = () => {};
  private onEnded: (exitCode: number) => void = () => {};

  /** Starts the workers. */
  constructor(options: MasterOptions) {
    this.options = options;
    this.most = options.processes;
    if (options.cheaper !== undefined) {
      this.cheaperState = firstCheaper(options.cheaper, options.processes);
      this.cheaperTimer = setInterval(() => this.adapt(), CHEAPER_MS);
    }
    this.goal = firstGoal(this.cheaperState?.processes ?? options.processes, options.limits);
    this.ready = new Promise((resolve, reject) => {
      this.onReady = resolve;
      this.onNever = reject;
    });
    // Who waits for it is told; that nobody does is no fault.
    this.ready.catch(() => {});
    this.allReady = new Promise((resolve) => {
      this.onAllReady = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.onEnded = resolve;
    });
    this.crew = new Crew(
      {
        onChange: () => this.ask(),
        onReady: () => this.noteReady(),
        onFailure: (worker, why, exitCode) => this.noteFailure(worker, why, exitCode),
        onRejection: () => {
          this.goal = { ...this.goal, rejections: afterFailure(this.goal.rejections, performance.now()) };
        },
      },
      options.limits,
      options.log,
    );
    this.ask();
  }

  /** What it wants. */
  get wanted(): Goal {
    return this.goal;
  }

  /** What there is. */
  get members(): readonly Member[] {
    return this.crew.members;
  }

  /** The most workers that there may be. */
  get processes(): number {
    return this.most;
  }

  /** Why the last reload has failed, until one succeeds. */
  get lastFailure(): string | undefined {
    return this.failure;
  }

  /** Resolves when the new version serves; rejects with why it does not (`UWSGI_RELOAD_FAILED`). */
  reload(mode: ReloadMode): Promise<void> {
    if (this.goal.stop !== undefined) return Promise.reject(reloadFailed("the service ends"));
    this.goal = askReload(this.goal, mode);
    const { next, newest } = this.goal;
    const generation = next === undefined ? newest : newest + 1;
    const behind = next === undefined ? "" : ", behind the one that is under way";
    this.options.log.write("info", "command", `reload to version ${generation}, ${mode}${behind}`);
    this.ask();
    return new Promise((resolve, reject) => this.waiters.add({ generation, resolve, reject }));
  }

  /** How many workers there shall be; the most where there is `cheaper`. At least 1. */
  scale(processes: number): void {
    this.most = Math.max(1, processes);
    if (this.cheaperState === undefined) this.goal = { ...this.goal, processes: this.most };
    else this.adapt();
    this.options.log.write("info", "command", `${this.most} worker${this.most === 1 ? "" : "s"} from now on`);
    this.ask();
  }

  /** `graceful` does not undo `fast`. */
  stop(how: "graceful" | "fast"): void {
    if (this.goal.stop === "fast") return;
    this.goal = { ...this.goal, stop: how };
    this.settle(() => true, reloadFailed("the service ends"));
    clearInterval(this.cheaperTimer);
    this.ask();
  }

  reopenLogs(): void {
    this.crew.reopenLogs();
  }

  /** What runs in the workers; of one that does not answer soon, nothing. */
  requests(): Promise<readonly WorkerRequest[]> {
    return this.crew.requests();
  }

  /** Looks, plans and acts soon: once all has been read that has come until now. */
  private ask(): void {
    const now = performance.now();
    if (this.wakeAt !== undefined && now - this.wakeAt > LATE_MS) this.goal = { ...this.goal, wokeAt: now };
    if (this.isAsked) return;
    this.isAsked = true;
    // The event loop polls between the two.
    setImmediate(() =>
      setImmediate(() => {
        this.isAsked = false;
        this.act(now);
      }),
    );
  }

  private act(now: number): void {
    const planned = plan(this.crew.views, this.goal, now);
    clearTimeout(this.timer);
    this.wakeAt = planned.wakeAt;
    for (const action of planned.actions) this.perform(action);
    this.arrive(now);
    const wakeAt = Math.min(planned.wakeAt ?? Infinity, this.arriving?.until ?? Infinity);
    if (wakeAt === Infinity) return;
    const inMs = Math.min(Math.max(wakeAt - performance.now(), 0) + 1, MOST_TIMER_MS);
    this.timer = setTimeout(() => this.ask(), inMs);
  }

  private perform(action: Action): void {
    switch (action.kind) {
      case "start": {
        const { id, generation } = action;
        const serial = ++this.lastSerial;
        const launch = this.options.launch({ id, generation, serial, processes: this.most });
        this.crew.start(id, generation, serial, launch);
        return;
      }
      case "stop": {
        const isLast = this.options.isLast?.() ?? true;
        this.crew.stop(action.serial, action.why, action.graceMs, action.behindQueue && isLast);
        return;
      }
      case "kill":
        this.crew.kill(action.serial, action.why);
        return;
      case "reloaded":
        this.noteReloaded(action.generation);
        return;
      case "end":
        clearTimeout(this.timer);
        // Whoever waits for a first worker that was not to be: the service has ended as it was told to.
        this.onReady();
        this.onEnded(this.exitCode);
    }
  }

  private noteReloaded(generation: number): void {
    this.failure = undefined;
    this.goal = afterReloaded(this.goal, generation);
    this.arriving = { generation, until: performance.now() + CLOSED_MS };
    this.ask();
  }

  /** A reload is done when nobody but the new version answers: whoever waits for it may try that at once. */
  private arrive(now: number): void {
    if (this.arriving === undefined) return;
    const { generation, until } = this.arriving;
    const mayAccept = this.crew.members.some(
      ({ view, hasClosed }) => view.generation < generation && !hasClosed && view.isKilled !== true,
    );
    if (mayAccept && now < until) return;
    this.arriving = undefined;
    this.options.log.write("info", "command", `version ${generation} serves: the reload is done`);
    this.settle((asked) => asked <= generation);
  }

  private noteReady(): void {
    this.wasReady = true;
    this.onReady();
    const { generation, processes } = this.goal;
    const ready = this.crew.views.filter((view) => view.phase === "ready" && view.generation >= generation);
    if (new Set(ready.map(({ id }) => id)).size >= processes) this.onAllReady();
  }

  private noteFailure(worker: WorkerView, why: string, exitCode: number | undefined): void {
    if (this.goal.stop !== undefined) return;
    if (!this.wasReady && exitCode !== undefined && FATAL.has(exitCode)) {
      this.exitCode = exitCode;
      this.onNever(new WorkerError(why, exitCode));
      this.stop("fast");
      return;
    }
    const now = performance.now();
    const startedAt = worker.readyAt === undefined ? worker.startedAt : now;
    const failures = afterFailure(this.goal.failures, now, startedAt);
    this.goal = { ...this.goal, failures };
    const inMs = startsAt(failures) - now;
    if (inMs > 0) {
      const text = `${failures.streak} failures in a row: the next start is in ${Math.round(inMs / 1_000)} s`;
      this.options.log.write("warn", "failure", text);
    }
    if (failsReload(worker, this.goal)) this.abandon(why);
  }

  private abandon(why: string): void {
    const failed = this.goal.generation;
    const { actions, goal } = abandon(this.crew.views, this.goal);
    this.goal = goal;
    this.failure = why;
    const text = `version ${failed} is given up, version ${goal.reloaded} serves on: ${why}`;
    this.options.log.write("error", "command", text);
    for (const action of actions) this.perform(action);
    this.settle((asked) => asked <= failed, reloadFailed(text));
    this.ask();
  }

  /** Ends what waits for these versions. */
  private settle(isMeant: (generation: number) => boolean, error?: Error): void {
    for (const waiter of this.waiters) {
      if (!isMeant(waiter.generation)) continue;
      this.waiters.delete(waiter);
      if (error === undefined) waiter.resolve();
      else waiter.reject(error);
    }
  }

  /** Fewer or more workers, by how busy they are. */
  private adapt(): void {
    const options = this.options.cheaper;
    if (options === undefined || this.cheaperState === undefined) return;
    const now = performance.now();
    const sample = sampleOf(this.crew.views, this.options.backlog?.(), now);
    const next = cheaper(this.cheaperState, sample, { ...options, processes: this.most }, now);
    this.cheaperState = next.state;
    if (next.processes === this.goal.processes) return;
    const busy = `${Math.round(sample.busyness * 100)} % busy`;
    const queued = sample.backlog === undefined || sample.backlog === 0 ? "" : `, ${sample.backlog} in the queue`;
    this.options.log.write(
      "info",
      "worker",
      `workers wanted: ${next.processes} of ${this.most}; ready: ${sample.ready}, ${busy}${queued}`,
    );
    this.goal = { ...this.goal, processes: next.processes };
    this.ask();
  }
}

function reloadFailed(message: string): UwsgiError {
  return new UwsgiError(message, { code: "UWSGI_RELOAD_FAILED" });
}
