import test from "ava";
import { plan } from "../../../src/manager/plan/plan.ts";
import { askReload, firstGoal } from "../../../src/manager/plan/reload.ts";
import type { Goal, PlanLimits, WorkerView } from "../../../src/manager/plan/view.ts";

const limits: PlanLimits = { startTimeoutMs: 60_000, graceMs: 10_000, harakiriMs: 2_000, reportsOnRss: 3 };

function worker(serial: number, id: number, phase: WorkerView["phase"], more: Partial<WorkerView> = {}): WorkerView {
  return { serial, id, generation: 1, phase, startedAt: 0, ...(phase === "starting" ? {} : { readyAt: 100 }), ...more };
}

function stopping(graceMs: number): Partial<WorkerView> {
  return { stoppingAt: 900, graceMs };
}

function failed(streak: number, at: number, processes = 2): Goal {
  return { ...firstGoal(processes, limits), failures: { streak, at } };
}

test("at first all places get a worker", (t) => {
  t.deepEqual(plan([], firstGoal(2, limits), 0), {
    actions: [
      { kind: "start", id: 1, generation: 1 },
      { kind: "start", id: 2, generation: 1 },
    ],
    wakeAt: 60_000,
  });
});

test("with all that is wanted there is nothing to do, and nothing to wait for", (t) => {
  t.deepEqual(plan([worker(1, 1, "ready"), worker(2, 2, "ready")], firstGoal(2, limits), 1_000), { actions: [] });
});

test("a place whose worker leaves, or is killed, gets the next one at once", (t) => {
  const workers = [worker(1, 1, "stopping", stopping(10_000)), worker(2, 2, "ready", { isKilled: true })];
  t.deepEqual(plan(workers, firstGoal(2, limits), 1_000).actions, [
    { kind: "start", id: 1, generation: 1 },
    { kind: "start", id: 2, generation: 1 },
  ]);
});

test("after few failures a place is filled at once", (t) => {
  t.deepEqual(plan([worker(1, 1, "ready")], failed(5, 1_000), 1_000).actions, [
    { kind: "start", id: 2, generation: 1 },
  ]);
});

test("after more it waits for the delay", (t) => {
  t.deepEqual(plan([worker(1, 1, "ready")], failed(6, 1_000), 1_999), { actions: [], wakeAt: 2_000 });
  t.is(plan([worker(1, 1, "ready")], failed(6, 1_000), 2_000).actions.length, 1);
});

test("then one worker at a time starts", (t) => {
  t.is(plan([], failed(6, 1_000), 2_000).actions.length, 1);
  t.is(plan([worker(1, 1, "starting", { startedAt: 2_000 })], failed(6, 1_000), 2_500).actions.length, 0);
});

test("until one has accepted for a second", (t) => {
  const steady = worker(1, 1, "ready", { startedAt: 2_000, readyAt: 3_000 });
  t.deepEqual(plan([steady], failed(6, 1_000, 4), 3_999), { actions: [], wakeAt: 4_000 });
  t.is(plan([steady], failed(6, 1_000, 4), 4_000).actions.length, 3);
});

test("a streak that has ended holds nothing up", (t) => {
  t.is(plan([], failed(60, 1_000), 41_000).actions.length, 2);
});

test("a late start is killed, and nothing else is done before the goal has heard of it", (t) => {
  t.deepEqual(plan([worker(1, 1, "starting")], firstGoal(2, limits), 60_000), {
    actions: [{ kind: "kill", serial: 1, why: "start-timeout" }],
  });
});

test("a stuck worker is killed and replaced in one", (t) => {
  const stuck = worker(1, 1, "ready", { beat: { at: 1_000, oldestMs: 0 } });
  t.deepEqual(plan([stuck], firstGoal(1, limits), 3_149).actions, []);
  t.deepEqual(plan([stuck], firstGoal(1, limits), 3_150).actions, [
    { kind: "kill", serial: 1, why: "harakiri" },
    { kind: "start", id: 1, generation: 1 },
  ]);
});

test("while beats are awaited the master looks every 250 ms, so that it notices its own sleep", (t) => {
  const working = worker(1, 1, "ready", { beat: { at: 1_000, oldestMs: 0 } });
  t.is(plan([working], firstGoal(1, limits), 1_000).wakeAt, 1_250);
});

test("with fewer workers the last places go", (t) => {
  const workers = [worker(1, 1, "ready"), worker(2, 2, "ready"), worker(3, 3, "starting")];
  t.deepEqual(plan(workers, firstGoal(1, limits), 1_000).actions, [
    { kind: "stop", serial: 2, why: "scale", graceMs: 10_000, behindQueue: false },
    { kind: "stop", serial: 3, why: "scale", graceMs: 10_000, behindQueue: false },
  ]);
});

test("but stand in where nobody accepts yet", (t) => {
  const workers = [worker(1, 1, "starting"), worker(2, 2, "ready"), worker(3, 3, "ready")];
  t.deepEqual(
    plan(workers, firstGoal(1, limits), 1_000).actions.map((action) => "serial" in action && action.serial),
    [3],
  );
});

test("at a graceful end workers that accept take what is queued, others leave", (t) => {
  const workers = [worker(1, 1, "ready"), worker(2, 2, "starting"), worker(3, 3, "stopping", stopping(10_000))];
  t.deepEqual(plan(workers, { ...firstGoal(3, limits), stop: "graceful" }, 1_000).actions, [
    { kind: "stop", serial: 1, why: "end", graceMs: 10_000, behindQueue: true },
    { kind: "stop", serial: 2, why: "end", graceMs: 10_000, behindQueue: false },
  ]);
});

test("at a fast end all leave at once, those that have been given time too", (t) => {
  const workers = [
    worker(1, 1, "ready"),
    worker(2, 2, "stopping", stopping(10_000)),
    worker(3, 3, "stopping", { stoppingAt: 900, wantsOut: "exception" }),
    worker(4, 4, "stopping", stopping(0)),
    worker(5, 5, "ready", { isKilled: true }),
  ];
  const { actions, wakeAt } = plan(workers, { ...firstGoal(3, limits), stop: "fast" }, 1_000);
  t.deepEqual(
    actions,
    [1, 2, 3].map((serial) => ({ kind: "stop", serial, why: "end", graceMs: 0, behindQueue: false })),
  );
  t.is(wakeAt, 1_900);
});

test("the end is when nobody is left", (t) => {
  const goal = { ...firstGoal(1, limits), stop: "graceful" } as const;
  t.deepEqual(plan([worker(1, 1, "stopping", stopping(10_000))], goal, 1_000).actions, []);
  t.deepEqual(plan([], goal, 1_000), { actions: [{ kind: "end" }] });
});

test("a reload at the end goes no further", (t) => {
  const goal = { ...askReload(firstGoal(1, limits), "graceful"), stop: "graceful" } as const;
  const workers = [
    worker(1, 1, "stopping", stopping(10_000)),
    worker(2, 1, "stopping", { ...stopping(0), generation: 2 }),
  ];
  t.deepEqual(plan(workers, goal, 1_000).actions, []);
});
