/**
 * What the master knows of its workers, what it wants, and what it can do about it. Plain values: `plan` turns the first
 * two into the third. All times are milliseconds of one monotonic clock.
 */

import type { Failures } from "../../throttle.ts";

/** One worker process, from its start until it has exited. */
export interface WorkerView {
  /** Never given twice: tells a worker from the one before it in the same place. */
  readonly serial: number;
  /** Its place, from 1, as uWSGI counts workers. Its replacement has the same one. */
  readonly id: number;
  /** Which version of the application it runs: 1, one more with each reload. */
  readonly generation: number;
  /** `starting`: loads the application; `ready`: accepts; `stopping`: accepts no more, finishes what runs. */
  readonly phase: "starting" | "ready" | "stopping";
  readonly startedAt: number;
  /** When it said that it accepts. */
  readonly readyAt?: number;
  /** When it was last told to stop, or said that it does. */
  readonly stoppingAt?: number;
  /** What it was then given to finish. Absent: it goes by itself, and has `limits.graceMs`. */
  readonly graceMs?: number;
  /** It was killed, and has not been seen to end yet. */
  readonly isKilled?: boolean;
  /** It is to be replaced, or is leaving, for this reason. */
  readonly wantsOut?: WantsOut;
  /** The last report, where one has come. */
  readonly vitals?: Vitals;
  /** Only with harakiri: the last sign of life while requests ran. Absent: none ran. */
  readonly beat?: Beat;
}

/** Why a worker is to be replaced. */
export type WantsOut =
  /** It has answered as many requests as it may. */
  | "max-requests"
  /** It has lived as long as it may. */
  | "max-lifetime"
  /** Its memory has been too large for several reports. */
  | "memory"
  /** A promise of it was rejected, and nobody handled that: it goes on until it is replaced. */
  | "rejection"
  /** An error that nobody caught: its state is unknown, and it accepts no more. */
  | "exception"
  /** The application has closed its server itself. */
  | "closed"
  /** The operator has asked for its end: SIGTERM to the worker itself. */
  | "asked";

/** How a worker is, by its own report, once a second while there is something to report. */
export interface Vitals {
  readonly at: number;
  /** Requests that it has taken. */
  readonly requests: number;
  /** Requests that run. */
  readonly running: number;
  /** Bytes, resident. */
  readonly rss: number;
  /** Share of time that its event loop was busy since the last report, from 0 to 1. */
  readonly busyness: number;
  /** The longest that its event loop was late since the last report, in milliseconds. */
  readonly lagMs: number;
  /** Reports in a row, this one included, whose `rss` was above the limit of `reloadOnRssBytes`. */
  readonly largeInARow: number;
}

/** A sign of life of an event loop. */
export interface Beat {
  readonly at: number;
  /** How long the oldest request had run by then, in milliseconds. */
  readonly oldestMs: number;
}

/** How a new version takes over. */
export type ReloadMode =
  /** All new workers are ready before the old ones stop. */
  | "graceful"
  /** One worker after the other: the new one is ready before the old one stops, and that has left before the next. */
  | "chain"
  /** The old ones stop at once, requests and all; connections queue meanwhile. */
  | "brutal";

/** What the master wants. */
export interface Goal {
  /** Workers there shall be: `id` 1 to that. */
  readonly processes: number;
  /** Which version they shall run; all of an older one are replaced, in the way of `mode`. */
  readonly generation: number;
  readonly mode: ReloadMode;
  /** The version of the last reload that is done, which a failed one goes back to. Another than `generation`: one is under way. */
  readonly reloaded: number;
  /** The highest version there has been: what has failed is not counted anew. */
  readonly newest: number;
  /** One more reload, asked for while one was under way. */
  readonly next?: ReloadMode;
  /** The service is to end: `graceful` with what runs and what is queued, `fast` at once. */
  readonly stop?: "graceful" | "fast";
  /** Starts that have failed, and workers that have crashed, lately. */
  readonly failures: Failures;
  /** Rejections that nobody handled, lately: such workers go on, so these hold up their replacement alone. */
  readonly rejections: Failures;
  /** When the master last noticed that it had been stopped, or late, itself: see `judge.ts`. */
  readonly wokeAt?: number;
  readonly limits: PlanLimits;
}

export interface PlanLimits {
  /** Most milliseconds from the start of a worker until it is ready. */
  readonly startTimeoutMs: number;
  /** Most milliseconds for what runs, once a worker is to stop (uWSGI's mercy). */
  readonly graceMs: number;
  /** Most milliseconds for a request, where there is such a limit. */
  readonly harakiriMs?: number;
  readonly maxLifetimeMs?: number;
  /** Bytes above which a worker is replaced once `reportsOnRss` reports in a row say so. */
  readonly reloadOnRssBytes?: number;
  /** Bytes above which a worker is killed at the first report that says so. */
  readonly evilReloadOnRssBytes?: number;
  readonly reportsOnRss: number;
}

/** What the master does. */
export type Action =
  | { readonly kind: "start"; readonly id: number; readonly generation: number }
  /**
   * It shall accept no more and finish within `graceMs`; 0: at once. `behindQueue`: not before it has taken what is
   * queued, for nobody else will. Given a second time only to one that shall no longer have the time of the first.
   */
  | {
      readonly kind: "stop";
      readonly serial: number;
      readonly why: StopReason;
      readonly graceMs: number;
      readonly behindQueue: boolean;
    }
  /** SIGKILL. */
  | { readonly kind: "kill"; readonly serial: number; readonly why: KillReason }
  /** The reload is done: all workers run this version, and the old ones have been told to stop. */
  | { readonly kind: "reloaded"; readonly generation: number }
  /** Nobody is left, and the service is to end. */
  | { readonly kind: "end" };

/** Why a worker is told to stop. */
export type StopReason =
  | WantsOut
  /** A newer version has taken its place. */
  | "reload"
  /** Its version is given up, and an older one serves in its place. */
  | "reload-failed"
  /** There shall be fewer workers. */
  | "scale"
  /** Another of the same version serves in its place. */
  | "replaced"
  /** The service ends. */
  | "end";

/** Why a worker is killed. */
export type KillReason =
  /** It was not ready in `startTimeoutMs`: a failed start. */
  | "start-timeout"
  /** It was told to leave, and has not. */
  | "grace"
  /** Its event loop is stuck with a request beyond its limit. */
  | "harakiri"
  /** It is larger than `evilReloadOnRssBytes`. */
  | "memory"
  /** It starts a version that is given up. */
  | "reload-failed";

export interface Plan {
  readonly actions: readonly Action[];
  /** When to look again although nothing has happened. Absent: when something does. */
  readonly wakeAt?: number;
}
