/** What a manager tells of itself, from what it knows. Pure. */
import type { Member } from "./crew.ts";
import { isReloading } from "../plan/reload.ts";
import type { ManagerStatus, WorkerStatus } from "../status.ts";
import { isTroubled, startsAt } from "../../throttle.ts";
import type { Goal } from "../plan/view.ts";

/** What does not change, or is not the master's to know. */
export type Identity = Pick<
  ManagerStatus,
  "name" | "pid" | "version" | "node" | "application" | "addresses" | "uptimeMs" | "rss"
>;

export interface Knowledge {
  readonly wanted: Goal;
  readonly members: readonly {
    readonly view: Member["view"];
    readonly process: Pick<Member["process"], "pid">;
  }[];
  readonly lastFailure: string | undefined;
  /** A worker has been ready. */
  readonly hasServed: boolean;
}

/** `now`: ms of the clock of the views. */
export function statusOf(
  identity: Identity,
  { wanted, members, lastFailure, hasServed }: Knowledge,
  now: number,
): ManagerStatus {
  const { generation, processes, failures } = wanted;
  return {
    ...identity,
    state: stateOf(wanted, hasServed),
    generation,
    processes,
    failures: isTroubled(failures, now) ? failures.streak : 0,
    delayMs: isTroubled(failures, now) ? Math.max(0, Math.round(startsAt(failures) - now)) : 0,
    ...(lastFailure === undefined ? {} : { lastFailure }),
    workers: members
      .map(({ view, process }) => workerStatus(view, process.pid, now))
      .sort((left, right) => left.id - right.id || left.generation - right.generation),
  };
}

function stateOf(wanted: Goal, hasServed: boolean): ManagerStatus["state"] {
  if (wanted.stop !== undefined) return "stopping";
  if (isReloading(wanted)) return "reloading";
  return hasServed ? "running" : "starting";
}

function workerStatus(view: Member["view"], pid: number, now: number): WorkerStatus {
  const { id, generation, phase, startedAt, wantsOut, vitals } = view;
  return {
    id,
    pid,
    generation,
    state: phase,
    uptimeMs: Math.round(now - startedAt),
    ...(wantsOut === undefined ? {} : { wantsOut }),
    requests: vitals?.requests ?? 0,
    running: vitals?.running ?? 0,
    rss: vitals?.rss ?? 0,
    busyness: vitals?.busyness ?? 0,
    lagMs: vitals?.lagMs ?? 0,
  };
}
