import test from "ava";
import fc from "fast-check";
import { plan } from "../../../src/manager/plan/plan.ts";
import { noteVitals, withJitter } from "../../../src/manager/plan/recycle.ts";
import { firstGoal } from "../../../src/manager/plan/reload.ts";
import { afterFailure } from "../../../src/throttle.ts";
import type { Goal, PlanLimits, Vitals, WantsOut, WorkerView } from "../../../src/manager/plan/view.ts";

const limits: PlanLimits = { startTimeoutMs: 60_000, graceMs: 10_000, reportsOnRss: 3 };

function ready(id: number, wantsOut?: WantsOut): WorkerView {
  const worker = { serial: id, id, generation: 1, phase: "ready", startedAt: 0, readyAt: 500 } as const;
  return wantsOut === undefined ? worker : { ...worker, wantsOut };
}

function startedIn(workers: readonly WorkerView[], goal: Goal, now = 1_000): number[] {
  return plan(workers, goal, now).actions.flatMap((action) => (action.kind === "start" ? [action.id] : []));
}

for (const [processes, most] of [
  [1, 1],
  [4, 1],
  [7, 1],
  [8, 2],
  [16, 4],
] as const) {
  test(`of ${processes} workers that all want out, ${most} at a time are replaced, the oldest first`, (t) => {
    const workers = Array.from({ length: processes }, (_, index) => ready(index + 1, "max-requests"));
    t.deepEqual(
      startedIn(workers, firstGoal(processes, limits)),
      workers.slice(0, most).map(({ id }) => id),
    );
  });
}

test("the old one goes on until the new one is ready, and then is told why it leaves", (t) => {
  const goal = firstGoal(1, limits);
  const heir = { ...ready(1), serial: 2 };
  t.deepEqual(plan([ready(1, "memory"), { ...heir, phase: "starting" }], goal, 1_000).actions, []);
  t.deepEqual(plan([ready(1, "memory"), heir], goal, 1_000).actions, [
    { kind: "stop", serial: 1, why: "memory", graceMs: 10_000, behindQueue: false },
  ]);
});

test("a worker that leaves by itself is replaced at once, whoever else is in replacement", (t) => {
  const leaving: WorkerView = { ...ready(2, "exception"), phase: "stopping", stoppingAt: 900 };
  t.deepEqual(startedIn([ready(1, "max-requests"), leaving, ready(3, "asked")], firstGoal(3, limits)), [2, 1]);
});

test("a lifetime is over give or take 10 %, and the plan is asked again then", (t) => {
  const goal = firstGoal(1, { ...limits, maxLifetimeMs: 100_000 });
  const at = withJitter(100_000, 1);
  t.is(plan([ready(1)], goal, 1_000).wakeAt, at);
  t.deepEqual(startedIn([ready(1)], goal, at - 1), []);
  t.deepEqual(startedIn([ready(1)], goal, at), [1]);
});

test("jitter is the same for the same worker, within 10 %, and different for workers started together", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (serial) => {
      const values = Array.from({ length: 8 }, (_, index) => withJitter(1_000, serial + index));
      t.true(values.every((value) => value >= 900 && value <= 1_100));
      t.is(values[0], withJitter(1_000, serial));
      const sorted = values.sort((left, right) => left - right);
      // Eight in 200: at least a third of an even distance apart.
      t.true(sorted.every((value, index) => index === 0 || value - (sorted[index - 1] ?? 0) > 8));
    }),
  );
});

test("a worker is too large when so many reports in a row say so", (t) => {
  const goal = firstGoal(1, { ...limits, reloadOnRssBytes: 100 });
  let vitals: Vitals | undefined;
  const replaced = [101, 200, 100, 101, 101, 101].map((rss, second) => {
    vitals = noteVitals({ requests: 1, running: 0, rss, busyness: 0, lagMs: 0 }, vitals, goal.limits, second * 1_000);
    return startedIn([{ ...ready(1), vitals }], goal, second * 1_000).length;
  });
  t.deepEqual(replaced, [0, 0, 0, 0, 0, 1]);
});

test("without a limit no report says that a worker is large", (t) => {
  const report = { requests: 1, running: 0, rss: 1e12, busyness: 0, lagMs: 0 };
  t.deepEqual(noteVitals(report, undefined, limits, 7), { ...report, at: 7, largeInARow: 0 });
});

test("workers with rejections are replaced later and later, all others as ever", (t) => {
  const goal = firstGoal(8, limits);
  let { rejections } = goal;
  for (let n = 0; n < 7; n++) rejections = afterFailure(rejections, 1_000);
  const workers = [ready(1, "rejection"), ready(2, "max-requests"), ...[3, 4, 5, 6, 7, 8].map((id) => ready(id))];
  t.deepEqual(startedIn(workers, { ...goal, rejections }), [2]);
  t.is(plan(workers.slice(0, 1), { ...firstGoal(1, limits), rejections }, 1_000).wakeAt, 3_000);
  t.deepEqual(startedIn(workers, { ...goal, rejections }, 3_000), [1, 2]);
});

test("nobody is recycled while a reload replaces all", (t) => {
  const out = { ...ready(2, "max-requests"), generation: 2 };
  const { readyAt: _, ...heir } = { ...ready(1), serial: 3, generation: 2, phase: "starting" as const };
  t.deepEqual(startedIn([ready(1), out, heir], { ...firstGoal(2, limits), generation: 2, newest: 2 }), []);
});
