/**
 * The workers, sorted by place, with what has been decided so far about them: so that each part of a plan sees what the
 * parts before it have done. Pure, but for what it holds.
 */
import { FREE_FAILURES, isTroubled, startsAt, troubleEndsAt } from "../../throttle.ts";
import type { Action, Goal, KillReason, StopReason, WorkerView } from "./view.ts";

/** A place in which there shall be a worker. */
export interface Place {
  readonly id: number;
  /** The newest worker of the version that shall be: it stays, all others leave once it is ready. */
  readonly heir: WorkerView | undefined;
  /** The others that have not been told to leave. */
  readonly others: readonly WorkerView[];
  /** Those that leave. */
  readonly leaving: readonly WorkerView[];
}

/** So many may be alive beyond two in each place. */
const SPARE = 2;

/** A worker that has accepted for so long since a failure shows that starting works again. */
const STEADY_MS = 1_000;

export class Board {
  readonly actions: Action[] = [];
  private workers: readonly WorkerView[];
  private readonly goal: Goal;
  private readonly now: number;
  /** What `places` has made of `workers`. */
  private sorted: readonly Place[] | undefined;
  /** A start was not allowed because of failures. */
  private isHeldUp = false;

  constructor(workers: readonly WorkerView[], goal: Goal, now: number) {
    this.workers = workers;
    this.goal = goal;
    this.now = now;
  }

  /** All that have not ended. */
  get all(): readonly WorkerView[] {
    return this.workers;
  }

  /** The places that there shall be. */
  get places(): readonly Place[] {
    return (this.sorted ??= Array.from({ length: this.goal.processes }, (_, index) => this.place(index + 1)));
  }

  /** Starts a worker, unless there are too many, or starting fails too often; says whether it has. */
  start(id: number, generation: number): boolean {
    if (this.alive(id) > 1 && this.crowd() >= SPARE) return false;
    if (this.mayStart() <= 0) {
      this.isHeldUp = true;
      return false;
    }
    this.actions.push({ kind: "start", id, generation });
    const serial = 1 + Math.max(0, ...this.workers.map((worker) => worker.serial));
    this.become([...this.workers, { serial, id, generation, phase: "starting", startedAt: this.now }]);
    return true;
  }

  stop(worker: WorkerView, why: StopReason, graceMs: number, behindQueue = false): void {
    this.actions.push({ kind: "stop", serial: worker.serial, why, graceMs, behindQueue });
    this.replace(worker, { ...worker, phase: "stopping", stoppingAt: this.now, graceMs });
  }

  kill(worker: WorkerView, why: KillReason): void {
    this.actions.push({ kind: "kill", serial: worker.serial, why });
    this.replace(worker, { ...worker, isKilled: true });
  }

  /** When a start that was not allowed may be, where only time is waited for. */
  startAgainAt(): number | undefined {
    if (!this.isHeldUp) return undefined;
    const { failures } = this.goal;
    const next = [startsAt(failures), ...this.onTrial().map(steadyAt), troubleEndsAt(failures)];
    return next.filter((at) => at > this.now).sort((left, right) => left - right)[0];
  }

  private place(id: number): Place {
    const here = this.workers.filter((worker) => worker.id === id);
    const live = here.filter(isLive).sort((left, right) => left.serial - right.serial);
    const heir = live.findLast((worker) => worker.generation >= this.goal.generation);
    return {
      id,
      heir,
      others: live.filter((worker) => worker !== heir),
      leaving: here.filter((worker) => !isLive(worker)),
    };
  }

  private alive(id: number): number {
    return this.workers.filter((worker) => worker.id === id).length;
  }

  /** How many there are beyond two in each place. */
  private crowd(): number {
    const ids = new Set(this.workers.map(({ id }) => id));
    return [...ids].reduce((sum, id) => sum + Math.max(0, this.alive(id) - 2), 0);
  }

  /** How many more may be started now. */
  private mayStart(): number {
    const { failures } = this.goal;
    const starting = this.workers.filter((worker) => isLive(worker) && worker.phase === "starting");
    // While the next attempt is under way the trouble is not over, however long that takes.
    const judgedAt = Math.min(this.now, ...starting.map((worker) => worker.startedAt));
    if (!isTroubled(failures, judgedAt)) return Infinity;
    if (failures.streak <= FREE_FAILURES) return FREE_FAILURES + 1 - failures.streak - starting.length;
    if (this.now < startsAt(failures)) return 0;
    const trial = this.onTrial();
    if (trial.some((worker) => steadyAt(worker) <= this.now)) return Infinity;
    return 1 - starting.length - trial.length;
  }

  /** Those that have become ready since the last failure. */
  private onTrial(): readonly WorkerView[] {
    return this.workers.filter((worker) => accepts(worker) && readyAt(worker) >= this.goal.failures.at);
  }

  private replace(worker: WorkerView, by: WorkerView): void {
    this.become(this.workers.map((other) => (other.serial === worker.serial ? by : other)));
  }

  private become(workers: readonly WorkerView[]): void {
    this.workers = workers;
    this.sorted = undefined;
  }
}

/** It works, or will. */
export function isLive({ phase, isKilled }: WorkerView): boolean {
  return phase !== "stopping" && isKilled !== true;
}

export function accepts(worker: WorkerView): boolean {
  return worker.phase === "ready" && worker.isKilled !== true;
}

function readyAt(worker: WorkerView): number {
  return worker.readyAt ?? worker.startedAt;
}

function steadyAt(worker: WorkerView): number {
  return readyAt(worker) + STEADY_MS;
}
