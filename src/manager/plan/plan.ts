/**
 * What the master must do now. Pure: no process is touched, and the time is a parameter.
 *
 * Each place has an heir: the newest worker of the version that shall be. A place without a worker gets one at once; one
 * whose worker is too old, or wants out, gets a second beside it. All that is not the heir leaves once the heir is
 * ready, and not before; in a graceful reload, once all heirs are.
 *
 * A plan is complete: with its actions in the view (a start is a `starting` worker, a stop a `stopping` one, a kill
 * `isKilled`) the same question has no further answer. Only `reloaded` and a kill for a late start end it early, for
 * they change the goal: the master asks again at once. And it remembers nothing: what was begun is in the view.
 */
import { accepts, Board, isLive, type Place } from "./board.ts";
import { judge, WATCH_MS } from "./judge.ts";
import { canBeHurried, dismissOld, isReloading, startBeside } from "./reload.ts";
import { reasonToGo, recycle } from "./recycle.ts";
import type { Goal, Plan, WorkerView } from "./view.ts";

/** `now`: a time until which all that workers have said, and their ends, are in the view; see `judge.ts`. */
export function plan(workers: readonly WorkerView[], goal: Goal, now: number): Plan {
  const board = new Board(workers, goal, now);
  for (const worker of workers) {
    const verdict = judge(worker, goal);
    if (verdict !== undefined && verdict.at <= now) board.kill(worker, verdict.why);
  }
  // A start that came to nothing may be the end of a reload: that is for the goal to say first.
  if (board.actions.some((action) => action.kind === "kill" && action.why === "start-timeout")) {
    return { actions: board.actions };
  }
  const times: (number | undefined)[] = [];
  if (goal.stop === undefined) times.push(...serve(board, goal, now));
  else end(board, goal);
  times.push(...board.all.map((worker) => judge(worker, goal)?.at));
  if (board.all.some(({ beat, isKilled }) => beat !== undefined && isKilled !== true)) times.push(now + WATCH_MS);
  const wakeAt = Math.min(...times.filter((at) => at !== undefined));
  return wakeAt === Infinity ? { actions: board.actions } : { actions: board.actions, wakeAt };
}

function end(board: Board, { stop, limits }: Goal): void {
  for (const worker of board.all) {
    if (stop === "fast" ? canBeHurried(worker) : isLive(worker)) {
      board.stop(worker, "end", stop === "fast" ? 0 : limits.graceMs, stop === "graceful" && accepts(worker));
    }
  }
  if (board.all.length === 0) board.actions.push({ kind: "end" });
}

/** Answers when to look again. */
function serve(board: Board, goal: Goal, now: number): readonly (number | undefined)[] {
  if (goal.mode === "brutal") dismissOld(board, goal);
  dismissReplaced(board, goal, now);
  dismissSurplus(board, goal);
  fillPlaces(board, goal);
  startBeside(board, goal);
  const isTakingOver = board.all.some((worker) => isLive(worker) && worker.generation < goal.generation);
  if (isReloading(goal) && !isTakingOver && board.places.every((place) => isServed(place, goal))) {
    board.actions.push({ kind: "reloaded", generation: goal.generation });
    return [];
  }
  return [isTakingOver ? undefined : recycle(board, goal, now), board.startAgainAt()];
}

/** All that is not the heir, where the heir is ready; old versions already where any worker of the new one is. */
function dismissReplaced(board: Board, goal: Goal, now: number): void {
  const { places } = board;
  const canGo = goal.mode !== "graceful" || places.every((place) => isServed(place, goal));
  for (const place of places) {
    for (const worker of place.others) {
      const isOld = worker.generation < goal.generation;
      if (isOld ? !(canGo && isServed(place, goal)) : place.heir?.phase !== "ready") continue;
      board.stop(worker, isOld ? "reload" : (reasonToGo(worker, goal, now) ?? "replaced"), goal.limits.graceMs);
    }
  }
}

/** Workers beyond the places that there shall be. They stand in while a place has nobody who accepts. */
function dismissSurplus(board: Board, { processes, limits }: Goal): void {
  const surplus = board.all.filter((worker) => worker.id > processes && isLive(worker));
  let missing = board.places.filter(({ heir, others }) => ![heir, ...others].some((worker) => isReady(worker))).length;
  surplus.sort((left, right) => right.generation - left.generation || left.id - right.id);
  for (const worker of surplus) {
    if (isReady(worker) && missing > 0) missing--;
    else board.stop(worker, "scale", limits.graceMs);
  }
}

function fillPlaces(board: Board, { generation, mode }: Goal): void {
  for (const { id, heir, others, leaving } of board.places) {
    if (heir !== undefined || others.length > 0) continue;
    // Brutal is for those who cannot have two versions at a time; the old one is gone, or killed, in a second.
    const mustWait = mode === "brutal" && leaving.some((old) => old.generation < generation && old.isKilled !== true);
    if (!mustWait) board.start(id, generation);
  }
}

/** By the version that shall be. */
function isServed({ heir, others }: Place, { generation }: Goal): boolean {
  return [heir, ...others].some((worker) => isReady(worker) && worker.generation >= generation);
}

function isReady(worker: WorkerView | undefined): worker is WorkerView {
  return worker !== undefined && accepts(worker);
}
