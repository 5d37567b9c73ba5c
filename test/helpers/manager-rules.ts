/** What must be true of every plan, whatever has happened. Written from the promises, not from the planner. */
import { EXIT_MS, LATE_MS } from "../../src/manager/plan/judge.ts";
import type { Action, Goal, Plan, WorkerView } from "../../src/manager/plan/view.ts";

/** What is really so. */
export interface Truth {
  readonly now: number;
  readonly goal: Goal;
  readonly views: readonly WorkerView[];
  readonly reloaded: readonly number[];
  readonly mostProcesses: number;
  readonly hasEnded: boolean;
  /** When the master last woke up. */
  readonly awakeSince: number;
  stuckSince(serial: number): number | undefined;
}

type Stop = Action & { readonly kind: "stop" };

/** Held to before each plan: what the ones before should have prevented. */
export function checkView({ goal, views, mostProcesses }: Truth): void {
  const most = 2 * mostProcesses + 2;
  if (views.length > most) fail(`${views.length} workers are alive, at most ${most} are allowed`);
  for (const { id, generation, serial } of views) {
    if (generation > goal.newest) fail(`worker ${serial} in place ${id} has a version that nobody asked for`);
  }
}

export function checkPlan(truth: Truth, views: readonly WorkerView[], { actions, wakeAt }: Plan): void {
  const { goal, now } = truth;
  if (wakeAt !== undefined && !(wakeAt > now))
    fail(`is to be asked again at ${wakeAt}, which is not later than ${now}`);
  const stops = actions.filter((action) => action.kind === "stop");
  const after = views.filter((view) => !actions.some((action) => "serial" in action && action.serial === view.serial));
  for (const action of actions) {
    if (action.kind === "start") checkStart(action, goal);
    if (action.kind === "stop") checkStop(action, viewOf(action.serial, views), goal);
    if (action.kind === "kill") checkKill(action, viewOf(action.serial, views), truth);
    if (action.kind === "reloaded") checkReloaded(action.generation, truth, after);
    if (action.kind === "end" && (goal.stop === undefined || views.length > 0)) fail("ends, with workers or unasked");
  }
  if (goal.stop === undefined) {
    checkAccepting(stops, views, after, goal);
    checkReload(stops, actions, views, goal);
    checkRecycling(actions, views, goal);
  } else if (views.length === 0 && !actions.some(({ kind }) => kind === "end"))
    fail("nobody is left, and it does not end");
  const serials = actions.flatMap((action) => ("serial" in action ? [action.serial] : []));
  if (new Set(serials).size < serials.length) fail("does two things to one worker at once");
  checkOverdue(truth, after);
}

function checkStart({ id, generation }: Action & { readonly kind: "start" }, goal: Goal): void {
  if (goal.stop !== undefined) fail("starts a worker at the end");
  if (id < 1 || id > goal.processes) fail(`starts a worker in place ${id} of ${goal.processes}`);
  if (generation !== goal.generation) fail(`starts version ${generation}, wanted is ${goal.generation}`);
}

function checkStop({ graceMs }: Stop, view: WorkerView, goal: Goal): void {
  if (view.isKilled === true) fail("stops one that is killed");
  if (view.phase === "stopping" && (graceMs !== 0 || view.graceMs === 0)) fail("stops one that was told to already");
  if (graceMs === 0 && goal.limits.graceMs > 0 && goal.stop !== "fast" && goal.mode !== "brutal") {
    fail("takes away the grace of a worker");
  }
}

function checkKill({ serial, why }: Action & { readonly kind: "kill" }, view: WorkerView, truth: Truth): void {
  const { goal, now } = truth;
  const { limits } = goal;
  if (view.isKilled === true) fail("kills one that is killed");
  if (why === "grace" && (view.phase !== "stopping" || now < (view.stoppingAt ?? now) + graceOf(view, goal))) {
    fail("kills one that has its grace");
  }
  if (why === "start-timeout" && (view.phase !== "starting" || now < view.startedAt + limits.startTimeoutMs)) {
    fail("kills one that may still start");
  }
  if (why !== "harakiri") return;
  const since = truth.stuckSince(serial);
  if (since === undefined) fail("kills a worker that is not stuck");
  else if (now < since + (limits.harakiriMs ?? 0)) fail("kills a stuck worker before its request is late");
}

/** What should have been killed by now has been. */
function checkOverdue(truth: Truth, after: readonly WorkerView[]): void {
  const { goal, now, awakeSince } = truth;
  // Who has slept may take its time.
  if (now <= awakeSince + LATE_MS) return;
  for (const view of after) {
    const stuckSince = truth.stuckSince(view.serial);
    const { harakiriMs = Infinity } = goal.limits;
    if (stuckSince !== undefined && now > Math.max(stuckSince, awakeSince) + harakiriMs + 250) {
      if (view.isKilled !== true) fail("leaves a stuck worker alive");
    }
    if (view.isKilled === true) continue;
    if (view.phase === "stopping" && now > (view.stoppingAt ?? now) + graceOf(view, goal) + EXIT_MS) {
      fail("leaves one alive whose grace is over");
    }
    if (view.phase === "starting" && now > view.startedAt + goal.limits.startTimeoutMs)
      fail("leaves a late start alone");
  }
}

/** Every stop of a worker that accepts leaves another in its place; beyond the places, enough in them. */
function checkAccepting(
  stops: readonly Stop[],
  views: readonly WorkerView[],
  after: readonly WorkerView[],
  goal: Goal,
): void {
  for (const { serial, why } of stops) {
    const { id, generation, phase } = viewOf(serial, views);
    if (phase !== "ready" || (goal.mode === "brutal" && generation < goal.generation)) continue;
    if (id <= goal.processes && !after.some((view) => view.id === id && accepts(view))) {
      fail(`stops the last that accepts in place ${id} (${why})`);
    }
    if (id > goal.processes) {
      const before = views.filter(accepts).length;
      const left = after.filter(accepts).length;
      if (left < Math.min(before, goal.processes)) fail(`${left} are left that accept, of ${before}`);
    }
  }
}

function checkReload(
  stops: readonly Stop[],
  actions: readonly Action[],
  views: readonly WorkerView[],
  goal: Goal,
): void {
  const isOld = (view: WorkerView): boolean => view.generation < goal.generation;
  const replaced = stops
    .map(({ serial }) => viewOf(serial, views))
    .filter((view) => isOld(view) && view.id <= goal.processes);
  if (replaced.length > 0 && goal.mode === "graceful" && !isServed(views, goal)) {
    fail("stops an old worker before all new ones are ready");
  }
  if (goal.mode !== "chain") return;
  // Places in which the new one starts, or the old one has not left.
  const changing = new Set<number>();
  const begun = new Set<number>();
  for (const view of survivors(views, actions).filter((old) => isOld(old) && old.id <= goal.processes)) {
    if (views.some((other) => other.id === view.id && isLive(other) && !isOld(other))) changing.add(view.id);
    const begins = actions.some((action) => action.kind === "start" && action.id === view.id);
    if (begins && isLive(view) && !changing.has(view.id)) begun.add(view.id);
  }
  if (begun.size > 1 || (begun.size === 1 && changing.size > 0)) fail("a chain changes two places at a time");
}

function checkReloaded(generation: number, truth: Truth, after: readonly WorkerView[]): void {
  const { goal } = truth;
  if (truth.reloaded.includes(generation)) fail(`says twice that ${generation} has taken over`);
  if (generation !== goal.generation || goal.reloaded === generation)
    fail("says that what is not wanted has taken over");
  if (!isServed(after, goal)) fail("says that a version has taken over that is not ready everywhere");
  if (after.some((view) => isLive(view) && view.generation < generation)) fail("says so while an old one works");
}

function checkRecycling(actions: readonly Action[], views: readonly WorkerView[], goal: Goal): void {
  const inReplacement = new Set<number>();
  let begins = false;
  const alive = views.filter(({ serial }) => !actions.some((action) => "serial" in action && action.serial === serial));
  for (const { id, generation } of alive.filter(accepts)) {
    if (id > goal.processes || generation < goal.generation) continue;
    const begun = actions.some((action) => action.kind === "start" && action.id === id);
    begins ||= begun;
    if (begun || alive.some((view) => view.id === id && isLive(view) && view.phase === "starting"))
      inReplacement.add(id);
  }
  const most = Math.max(1, Math.floor(goal.processes / 4));
  if (begins && inReplacement.size > most)
    fail(`replaces ${inReplacement.size} at a time, at most ${most} are allowed`);
}

/** What is given up was needed nowhere. */
export function checkAbandoned(before: readonly WorkerView[], after: readonly WorkerView[]): void {
  for (const { id } of before.filter(accepts)) {
    if (!after.some((view) => view.id === id && accepts(view))) throw new Error(`giving up leaves place ${id} empty`);
  }
}

/** When all has come to rest. */
export function checkEnd(truth: Truth): void {
  const { goal, views, hasEnded } = truth;
  if (goal.stop !== undefined) {
    if (!hasEnded) fail("does not end");
    return;
  }
  if (goal.reloaded !== goal.generation || goal.next !== undefined) fail("a reload is never done");
  for (let id = 1; id <= goal.processes; id++) {
    if (views.filter((view) => view.id === id && accepts(view) && view.generation >= goal.generation).length !== 1) {
      fail(`place ${id} does not have one ready worker of version ${goal.generation}: ${JSON.stringify(views)}`);
    }
  }
  if (views.length !== goal.processes) fail(`${views.length} workers are alive, ${goal.processes} are wanted`);
}

/** All but those that are killed now. */
function survivors(views: readonly WorkerView[], actions: readonly Action[]): readonly WorkerView[] {
  return views.filter(({ serial }) => !actions.some((action) => action.kind === "kill" && action.serial === serial));
}

function isServed(views: readonly WorkerView[], goal: Goal): boolean {
  return Array.from({ length: goal.processes }, (_, index) => index + 1).every((id) =>
    views.some((view) => view.id === id && accepts(view) && view.generation >= goal.generation),
  );
}

function graceOf(view: WorkerView, goal: Goal): number {
  return view.graceMs ?? goal.limits.graceMs;
}

function isLive({ phase, isKilled }: WorkerView): boolean {
  return phase !== "stopping" && isKilled !== true;
}

function accepts(view: WorkerView): boolean {
  return view.phase === "ready" && isLive(view);
}

function viewOf(serial: number, views: readonly WorkerView[]): WorkerView {
  const found = views.find((view) => view.serial === serial);
  if (found === undefined) throw new Error(`speaks to worker ${serial}, which there is not`);
  return found;
}

function fail(what: string): never {
  throw new Error(`the plan ${what}`);
}
