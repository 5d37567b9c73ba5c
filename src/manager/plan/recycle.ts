/** Which workers are to be replaced although nothing is wrong with their version. Pure. */
import type { Board } from "./board.ts";
import { startsAt } from "../../throttle.ts";
import type { Goal, PlanLimits, Vitals, WantsOut, WorkerView } from "./view.ts";

/** Of all places, so many are in replacement at a time; but one always. */
const SHARE = 0.25;

/**
 * Starts replacements for workers that are to go, for few at a time; the old ones go on until those are ready.
 * Answers when to look again, where only time is waited for.
 */
export function recycle(board: Board, goal: Goal, now: number): number | undefined {
  let free = Math.max(1, Math.floor(goal.processes * SHARE));
  const due: { readonly worker: WorkerView; readonly id: number }[] = [];
  let wakeAt = Infinity;
  for (const place of board.places) {
    const { heir } = place;
    if (heir === undefined) continue;
    if (heir.phase === "starting" && place.others.some((other) => other.phase === "ready")) free--;
    if (heir.phase !== "ready") continue;
    const at = outAt(heir, goal);
    if (at <= now) due.push({ worker: heir, id: place.id });
    else wakeAt = Math.min(wakeAt, at);
  }
  // The oldest first, so that none waits forever.
  due.sort((left, right) => left.worker.serial - right.worker.serial);
  for (const { id } of due) {
    if (free <= 0) break;
    if (board.start(id, goal.generation)) free--;
  }
  return wakeAt === Infinity ? undefined : wakeAt;
}

/** Why this worker is to go now, if it is. */
export function reasonToGo(worker: WorkerView, { limits }: Goal, now: number): WantsOut | undefined {
  if (worker.wantsOut !== undefined) return worker.wantsOut;
  if (isLarge(worker, limits)) return "memory";
  return livesUntil(worker, limits) <= now ? "max-lifetime" : undefined;
}

/** When it is to go. */
function outAt(worker: WorkerView, { limits, rejections }: Goal): number {
  if (worker.wantsOut === "rejection") return startsAt(rejections);
  if (worker.wantsOut !== undefined || isLarge(worker, limits)) return -Infinity;
  return livesUntil(worker, limits);
}

function isLarge({ vitals }: WorkerView, { reloadOnRssBytes, reportsOnRss }: PlanLimits): boolean {
  return reloadOnRssBytes !== undefined && vitals !== undefined && vitals.largeInARow >= reportsOnRss;
}

function livesUntil({ startedAt, serial }: WorkerView, { maxLifetimeMs }: PlanLimits): number {
  return maxLifetimeMs === undefined ? Infinity : startedAt + withJitter(maxLifetimeMs, serial);
}

/**
 * A limit, give or take 10 %, so that workers that were started together do not end together. The same for the same
 * serial; those of neighbours are far apart.
 */
export function withJitter(limit: number, serial: number): number {
  // Multiples of the golden ratio, modulo 1, are spread evenly however many there are.
  return limit * (0.9 + 0.2 * ((serial * 0.618_033_988_749_895) % 1));
}

/** A report as the master keeps it. */
export function noteVitals(
  report: Omit<Vitals, "at" | "largeInARow">,
  before: Vitals | undefined,
  limits: PlanLimits,
  now: number,
): Vitals {
  const isLarger = limits.reloadOnRssBytes !== undefined && report.rss > limits.reloadOnRssBytes;
  return { ...report, at: now, largeInARow: isLarger ? (before?.largeInARow ?? 0) + 1 : 0 };
}
