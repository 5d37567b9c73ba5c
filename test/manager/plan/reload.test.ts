import test from "ava";
import { plan } from "../../../src/manager/plan/plan.ts";
import {
  abandon,
  afterReloaded,
  askReload,
  failsReload,
  firstGoal,
  isReloading,
} from "../../../src/manager/plan/reload.ts";
import { afterFailure } from "../../../src/throttle.ts";
import type { Action, Goal, PlanLimits, ReloadMode, WorkerView } from "../../../src/manager/plan/view.ts";

const limits: PlanLimits = { startTimeoutMs: 60_000, graceMs: 10_000, reportsOnRss: 3 };

/** In place `id`, of a version; serials tell which came first. */
function worker(serial: number, id: number, generation: number, phase: WorkerView["phase"]): WorkerView {
  const view = { serial, id, generation, phase, startedAt: 0 };
  if (phase === "starting") return view;
  return { ...view, readyAt: 100, ...(phase === "stopping" ? { stoppingAt: 900, graceMs: 10_000 } : {}) };
}

function reloading(processes: number, mode: ReloadMode): Goal {
  return askReload(firstGoal(processes, limits), mode);
}

function actions(workers: readonly WorkerView[], goal: Goal): string[] {
  return plan(workers, goal, 1_000).actions.map(inShort);
}

function inShort(action: Action): string {
  if (action.kind === "start") return `start ${action.id}`;
  if (action.kind === "stop") return `stop ${action.serial} in ${action.graceMs}`;
  return "serial" in action ? `${action.kind} ${action.serial}` : action.kind;
}

const old = [worker(1, 1, 1, "ready"), worker(2, 2, 1, "ready")];

test("a graceful reload starts all new workers at once, and stops no old one while one is not ready", (t) => {
  const goal = reloading(2, "graceful");
  t.deepEqual(actions(old, goal), ["start 1", "start 2"]);
  t.deepEqual(actions([...old, worker(3, 1, 2, "ready"), worker(4, 2, 2, "starting")], goal), []);
  t.deepEqual(actions([...old, worker(3, 1, 2, "ready"), worker(4, 2, 2, "ready")], goal), [
    "stop 1 in 10000",
    "stop 2 in 10000",
    "reloaded",
  ]);
});

test("a chain begins with the next place when the new worker is ready and the old one has left", (t) => {
  const goal = reloading(2, "chain");
  t.deepEqual(actions(old, goal), ["start 1"]);
  t.deepEqual(actions([...old, worker(3, 1, 2, "starting")], goal), []);
  t.deepEqual(actions([...old, worker(3, 1, 2, "ready")], goal), ["stop 1 in 10000"]);
  t.deepEqual(actions([worker(1, 1, 1, "stopping"), worker(2, 2, 1, "ready"), worker(3, 1, 2, "ready")], goal), []);
  t.deepEqual(actions([worker(2, 2, 1, "ready"), worker(3, 1, 2, "ready")], goal), ["start 2"]);
});

test("a chain begins with workers that are to be replaced anyway", (t) => {
  const large = { ...worker(2, 2, 1, "ready"), wantsOut: "memory" } as const;
  t.deepEqual(actions([worker(1, 1, 1, "ready"), large], reloading(2, "chain")), ["start 2"]);
});

test("a brutal reload stops all old workers at once, and starts new ones when they have left or are killed", (t) => {
  const goal = reloading(2, "brutal");
  t.deepEqual(actions(old, goal), ["stop 1 in 0", "stop 2 in 0"]);
  const leaving = { ...worker(1, 1, 1, "stopping"), graceMs: 0 };
  t.deepEqual(actions([leaving, { ...leaving, serial: 2, id: 2, isKilled: true }], goal), ["start 2"]);
});

test("a brutal reload does not wait for those either that were leaving in peace", (t) => {
  t.deepEqual(actions([worker(1, 1, 1, "stopping"), worker(2, 1, 1, "ready")], reloading(1, "brutal")), [
    "stop 1 in 0",
    "stop 2 in 0",
  ]);
});

test("an empty place gets the new version at once, in a chain too", (t) => {
  t.deepEqual(actions(old.slice(1), reloading(2, "chain")), ["start 1"]);
});

test("a worker of the new version that wants out does not hold up the reload", (t) => {
  const out = { ...worker(3, 1, 2, "ready"), wantsOut: "max-requests" } as const;
  t.deepEqual(actions([worker(1, 1, 1, "ready"), out], reloading(1, "graceful")), ["stop 1 in 10000", "reloaded"]);
});

test("reloads that follow each other do not pile up workers: at most two more than two in each place", (t) => {
  const goal = { ...reloading(4, "graceful"), generation: 3, newest: 3, reloaded: 2 };
  const workers = [1, 2, 3, 4].flatMap((id) => [worker(id, id, 1, "stopping"), worker(id + 4, id, 2, "ready")]);
  t.deepEqual(actions(workers, goal), ["start 1", "start 2"]);
});

test("a reload asked for while one is under way is the next one; of several the last says how", (t) => {
  const first = reloading(1, "graceful");
  const asked = askReload(askReload(first, "brutal"), "chain");
  t.like(asked, { generation: 2, mode: "graceful", next: "chain" });
  const next = afterReloaded(asked, 2);
  t.like(next, { generation: 3, mode: "chain", reloaded: 2 });
  t.false("next" in next);
  t.false(isReloading(afterReloaded(next, 3)));
});

test("that a version has taken over which was given up meanwhile means nothing", (t) => {
  const goal = reloading(1, "graceful");
  t.is(afterReloaded(goal, 1), goal);
});

test("nothing is reloaded at the end", (t) => {
  const goal = { ...firstGoal(1, limits), stop: "graceful" } as const;
  t.is(askReload(goal, "graceful"), goal);
});

test("an operator's reload forgets the failures before it", (t) => {
  const goal = { ...firstGoal(1, limits), failures: { streak: 9, at: 5 }, rejections: { streak: 1, at: 5 } };
  t.like(askReload(goal, "graceful"), { failures: { streak: 0 }, rejections: { streak: 0 } });
});

test("a new worker that has never been ready fails the reload; an old one, or a crash, does not", (t) => {
  const goal = reloading(2, "graceful");
  t.true(failsReload(worker(3, 1, 2, "starting"), goal));
  t.false(failsReload(worker(1, 1, 1, "starting"), goal));
  t.false(failsReload(worker(3, 1, 2, "ready"), goal));
  t.false(failsReload(worker(1, 1, 1, "starting"), firstGoal(2, limits)));
});

test("new workers that crash time and again fail the reload, else it would never be done", (t) => {
  const goal = reloading(2, "graceful");
  const failed = [1, 2, 3, 4, 5, 6].reduce((failures, now) => afterFailure(failures, now), goal.failures);
  t.true(failsReload(worker(3, 1, 2, "ready"), { ...goal, failures: failed }));
});

test("a version that is given up leaves where the old one serves, and stays where nothing else is", (t) => {
  const workers = [
    ...old,
    worker(3, 1, 2, "starting"),
    worker(4, 2, 2, "ready"),
    worker(5, 3, 2, "starting"),
    worker(6, 4, 2, "ready"),
  ];
  const given = abandon(workers, reloading(4, "graceful"));
  t.deepEqual(given.actions, [
    { kind: "kill", serial: 3, why: "reload-failed" },
    { kind: "stop", serial: 4, why: "reload-failed", graceMs: 10_000, behindQueue: false },
  ]);
  t.like(given.goal, { generation: 1, reloaded: 1, newest: 2 });
});

test("a version that is given up stays ready where the old one only starts", (t) => {
  const workers = [worker(1, 1, 1, "starting"), worker(2, 1, 2, "ready")];
  t.deepEqual(abandon(workers, reloading(1, "graceful")).actions, []);
});

test("after a failed reload the next one has a number of its own", (t) => {
  const { goal } = abandon(old, reloading(2, "graceful"));
  t.like(askReload(goal, "chain"), { generation: 3, reloaded: 1 });
});

test("a reload that waits begins when the one before it has failed", (t) => {
  const { goal } = abandon(old, askReload(reloading(2, "graceful"), "chain"));
  t.like(goal, { generation: 3, reloaded: 1, mode: "chain" });
});
