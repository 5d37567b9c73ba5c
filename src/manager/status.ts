/** What a manager tells of itself to an operator. Plain values, as they go over the control socket; nothing of a var. */
import type { RunningRequest } from "../server/index.ts";
import type { WantsOut, WorkerView } from "./plan/view.ts";

export interface ManagerStatus {
  /** What `uisge status` calls it. */
  readonly name: string;
  /** Of the master. */
  readonly pid: number;
  /** Of this package. */
  readonly version: string;
  /** Version of Node.js. */
  readonly node: string;
  /** `path[:export]`. */
  readonly application: string;
  /** Where it listens, as `formatAddress` writes it. */
  readonly addresses: readonly string[];
  readonly state: "starting" | "running" | "reloading" | "stopping";
  /** Which version of the application is wanted: 1, one more with each reload. */
  readonly generation: number;
  /** Workers that are wanted now. */
  readonly processes: number;
  /** How long the master has run. */
  readonly uptimeMs: number;
  /** Starts that failed and crashes, in a row, while they are not forgotten. */
  readonly failures: number;
  /** How long no worker is started because of them; 0: they have no delay. */
  readonly delayMs: number;
  /** Why the last reload has failed, until one succeeds. */
  readonly lastFailure?: string;
  /** Resident memory of the master, in bytes. */
  readonly rss: number;
  readonly workers: readonly WorkerStatus[];
}

export interface WorkerStatus {
  /** Its place, from 1. */
  readonly id: number;
  readonly pid: number;
  readonly generation: number;
  readonly state: WorkerView["phase"];
  /** Since its start. */
  readonly uptimeMs: number;
  /** Why it is to be replaced, or is leaving. */
  readonly wantsOut?: WantsOut;
  /** By its last report; 0 before the first one. */
  readonly requests: number;
  readonly running: number;
  /** Resident memory, in bytes. */
  readonly rss: number;
  /** Share of time that its event loop was busy, from 0 to 1. */
  readonly busyness: number;
  /** The longest that its event loop was late. */
  readonly lagMs: number;
}

/** A request that runs, and where. */
export interface WorkerRequest extends RunningRequest {
  /** Place of the worker. */
  readonly worker: number;
  /** Of the worker. */
  readonly pid: number;
}
