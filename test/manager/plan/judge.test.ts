import test from "ava";
import fc from "fast-check";
import { judge } from "../../../src/manager/plan/judge.ts";
import { firstGoal } from "../../../src/manager/plan/reload.ts";
import type { Goal, PlanLimits, WorkerView } from "../../../src/manager/plan/view.ts";

const limits: PlanLimits = { startTimeoutMs: 60_000, graceMs: 10_000, harakiriMs: 2_000, reportsOnRss: 3 };
const ready: WorkerView = { serial: 1, id: 1, generation: 1, phase: "ready", startedAt: 0, readyAt: 500 };
const goal = firstGoal(1, limits);

function after(wokeAt: number): Goal {
  return { ...goal, wokeAt };
}

function beat(at: number, oldestMs: number): WorkerView {
  return { ...ready, beat: { at, oldestMs } };
}

function killedAt(worker: WorkerView, wanted: Goal = goal): number | undefined {
  return judge(worker, wanted)?.at;
}

test("a worker in which no request runs is never judged by its silence", (t) => {
  t.is(judge(ready, goal), undefined);
});

test("one that is silent is killed when its oldest request is late", (t) => {
  t.deepEqual(judge(beat(1_000, 0), goal), { at: 3_150, why: "harakiri" });
  t.is(killedAt(beat(1_000, 800)), 2_350);
});

test("the silence must be a second long, however late the request is", (t) => {
  t.is(killedAt(beat(1_000, 1_900)), 2_150);
  t.is(killedAt(beat(1_000, 1_000_000)), 2_150);
});

test("or as long as the limit, where that is shorter", (t) => {
  t.is(killedAt(beat(1_000, 5_000), { ...goal, limits: { ...limits, harakiriMs: 200 } }), 1_350);
});

test("without a limit for requests nobody is judged by silence", (t) => {
  const { harakiriMs: _, ...others } = limits;
  t.is(judge(beat(0, 0), { ...goal, limits: others }), undefined);
});

test("a handler that is stuck from its start is killed within the limit and 250 ms, whenever the last beat came", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 60_000 }), fc.nat({ max: 100 }), (harakiriMs, sinceBeat) => {
      // Nothing ran before, or something that is no older than the last beat.
      const late = (killedAt(beat(0, 0), { ...goal, limits: { ...limits, harakiriMs } }) ?? 0) - harakiriMs - sinceBeat;
      t.true(late >= 0 && late <= 250);
    }),
  );
});

test("a worker that leaves and is stuck is killed for that too", (t) => {
  t.deepEqual(judge({ ...beat(1_000, 0), phase: "stopping", stoppingAt: 1_000 }, goal), { at: 3_150, why: "harakiri" });
});

test("a start may take its time, and no more", (t) => {
  const { readyAt: _, ...worker } = ready;
  t.deepEqual(judge({ ...worker, phase: "starting", startedAt: 7 }, goal), { at: 60_007, why: "start-timeout" });
});

test("one that leaves has its grace, and a second to go by itself", (t) => {
  t.deepEqual(judge({ ...ready, phase: "stopping", stoppingAt: 500 }, goal), { at: 11_500, why: "grace" });
  t.is(killedAt({ ...ready, phase: "stopping", stoppingAt: 500, graceMs: 0 }), 1_500);
});

test("one that is far too large is killed at its first report", (t) => {
  const vitals = { at: 9, requests: 1, running: 0, rss: 101, busyness: 0, lagMs: 0, largeInARow: 0 };
  const strict = { ...goal, limits: { ...limits, evilReloadOnRssBytes: 100 } };
  t.deepEqual(judge({ ...ready, vitals }, strict), { at: 9, why: "memory" });
  t.is(judge({ ...ready, vitals: { ...vitals, rss: 100 } }, strict), undefined);
});

test("the master that was asleep gives everybody half a second to be heard", (t) => {
  t.is(killedAt(beat(1_000, 0), after(20_000)), 20_500);
  t.is(killedAt({ ...ready, phase: "stopping", stoppingAt: 500 }, after(20_000)), 20_500);
  t.is(killedAt({ ...ready, phase: "starting" }, after(80_000)), 80_500);
});

test("what was judged later anyway is not judged earlier for a sleep", (t) => {
  t.is(killedAt(beat(1_000, 0), after(900)), 3_150);
});

test("nobody is killed twice", (t) => {
  t.is(judge({ ...beat(0, 0), isKilled: true }, goal), undefined);
});
