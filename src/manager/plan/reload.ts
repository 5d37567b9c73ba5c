/**
 * How a new version takes over, what happens when it cannot, and what is asked for meanwhile. Pure.
 *
 * A reload is nothing but a goal with a higher generation. It is done when every place has a ready worker of that
 * generation and no other works any more; `goal.reloaded` tells that from then on.
 */
import { accepts, isLive, type Board, type Place } from "./board.ts";
import { FREE_FAILURES, noFailures } from "../../throttle.ts";
import type { Action, Goal, PlanLimits, ReloadMode, WorkerView } from "./view.ts";

/** What a master wants at its start. */
export function firstGoal(processes: number, limits: PlanLimits): Goal {
  return {
    processes,
    generation: 1,
    mode: "graceful",
    reloaded: 1,
    newest: 1,
    failures: noFailures,
    rejections: noFailures,
    limits,
  };
}

export function isReloading({ generation, reloaded }: Goal): boolean {
  return generation !== reloaded;
}

/**
 * Somebody wants a reload: it begins, or is the next one when one is under way. Failures so far are forgotten, for this
 * may be what mends them.
 */
export function askReload(goal: Goal, mode: ReloadMode): Goal {
  if (goal.stop !== undefined) return goal;
  const asked = { ...goal, failures: noFailures, rejections: noFailures };
  return isReloading(goal) ? { ...asked, next: mode } : begin(asked, mode);
}

/** To be called for the action `reloaded`. Nothing is different if that version was given up meanwhile. */
export function afterReloaded(goal: Goal, generation: number): Goal {
  return generation === goal.generation ? beginNext({ ...goal, reloaded: generation }) : goal;
}

/** Whether the end of this worker, which nobody asked for, means that the reload under way has failed. */
export function failsReload(worker: WorkerView, goal: Goal): boolean {
  if (!isReloading(goal) || worker.generation !== goal.generation) return false;
  // One that is ready and then crashes may have had one bad request; not so when that happens time and again.
  return worker.readyAt === undefined || goal.failures.streak > FREE_FAILURES;
}

/** The version of the reload under way is given up: what is to be done at once, and what is wanted from now on. */
export function abandon(workers: readonly WorkerView[], goal: Goal): { actions: readonly Action[]; goal: Goal } {
  const actions: Action[] = [];
  for (const worker of workers) {
    if (worker.generation !== goal.generation || !isLive(worker)) continue;
    const old = workers.filter(
      (other) => other.id === worker.id && other.generation < goal.generation && isLive(other),
    );
    const { serial } = worker;
    // Where nobody else is, it may still come to something: it stays.
    if (worker.phase === "starting") {
      if (old.length > 0) actions.push({ kind: "kill", serial, why: "reload-failed" });
    } else if (old.some(accepts)) {
      const { graceMs } = goal.limits;
      actions.push({ kind: "stop", serial, why: "reload-failed", graceMs, behindQueue: false });
    }
  }
  return { actions, goal: beginNext({ ...goal, generation: goal.reloaded }) };
}

function begin(goal: Goal, mode: ReloadMode): Goal {
  return { ...goal, mode, generation: goal.newest + 1, newest: goal.newest + 1 };
}

function beginNext({ next, ...goal }: Goal): Goal {
  return next === undefined ? goal : begin(goal, next);
}

/** In a brutal reload all old workers are sent away at once, those too that are leaving in peace. */
export function dismissOld(board: Board, { generation }: Goal): void {
  for (const worker of board.all) {
    if (worker.generation < generation && canBeHurried(worker)) board.stop(worker, "reload", 0);
  }
}

/** Starts new workers beside the old ones: all, or the next of a chain. */
export function startBeside(board: Board, goal: Goal): void {
  const { generation, mode } = goal;
  if (mode === "chain" && board.places.some((place) => isChanging(place, goal))) return;
  // In a chain, those first that are to be replaced anyway.
  const behind = board.places
    .filter(({ heir, others }) => heir === undefined && others.length > 0)
    .sort((left, right) => Number(wantsOut(right.others)) - Number(wantsOut(left.others)) || left.id - right.id);
  for (const { id } of mode === "chain" ? behind.slice(0, 1) : behind) board.start(id, generation);
}

/** It has not yet been told to leave at once. */
export function canBeHurried(worker: WorkerView): boolean {
  return worker.isKilled !== true && !(worker.phase === "stopping" && worker.graceMs === 0);
}

/** The old worker has not left yet, or the new one is not ready. */
function isChanging({ heir, others, leaving }: Place, goal: Goal): boolean {
  if (heir === undefined) return false;
  return heir.phase === "starting" || [...others, ...leaving].some((worker) => worker.generation < goal.generation);
}

function wantsOut(workers: readonly WorkerView[]): boolean {
  return workers.some((worker) => worker.wantsOut !== undefined);
}
