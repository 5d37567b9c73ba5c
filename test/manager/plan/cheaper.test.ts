import test from "ava";
import fc from "fast-check";
import {
  cheaper,
  firstCheaper,
  sampleOf,
  type CheaperSample,
  type CheaperState,
} from "../../../src/manager/plan/cheaper.ts";
import type { CheaperOptions } from "../../../src/manager/options.ts";
import type { Vitals, WorkerView } from "../../../src/manager/plan/view.ts";

type Options = CheaperOptions & { readonly processes: number };

const options: Options = { least: 1, processes: 8 };

/** Workers that can each do one unit of load, by second; how many were wanted in each. */
function run(load: (second: number) => number, seconds: number, chosen: Options = options, startSeconds = 2): number[] {
  let state = firstCheaper(chosen, chosen.processes);
  const readyAt = Array.from({ length: state.processes }, () => 0);
  const wanted: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const ready = readyAt.filter((at) => at <= second).length;
    const units = load(second);
    const sample = { ready, busyness: Math.min(1, units / ready), backlog: units > ready ? 100 : 0 };
    ({ state } = cheaper(state, sample, chosen, second * 1_000));
    while (readyAt.length < state.processes) readyAt.push(second + startSeconds);
    readyAt.length = state.processes;
    wanted.push(state.processes);
  }
  return wanted;
}

function changes(wanted: readonly number[]): number {
  return wanted.filter((count, index) => index > 0 && count !== wanted[index - 1]).length;
}

function decide(
  state: Partial<CheaperState>,
  sample: CheaperSample,
  now = 100_000,
  chosen: Options = options,
): CheaperState {
  return cheaper({ processes: 4, patience: 1, ...state }, sample, chosen, now).state;
}

test("at the start there are as many as is said, within the bounds", (t) => {
  t.is(firstCheaper({ least: 2 }, 8).processes, 2);
  t.is(firstCheaper({ least: 2, initial: 5 }, 8).processes, 5);
  t.is(firstCheaper({ least: 2, initial: 1 }, 8).processes, 2);
  t.is(firstCheaper({ least: 2, initial: 50 }, 8).processes, 8);
  t.is(firstCheaper({ least: 9 }, 8).processes, 8);
});

test("more are started when all together are busy", (t) => {
  t.is(decide({}, { ready: 4, busyness: 0.61 }).processes, 5);
  t.is(decide({}, { ready: 4, busyness: 0.6 }).processes, 4);
});

test("or when a queue grows, whatever the event loops say", (t) => {
  t.is(decide({}, { ready: 4, busyness: 0.1, backlog: 33 }).processes, 5);
  t.is(decide({}, { ready: 4, busyness: 0.1, backlog: 32 }).processes, 4);
});

test("as many at a time as is said, and never more than there may be", (t) => {
  t.is(decide({}, { ready: 4, busyness: 1 }, 0, { ...options, step: 3 }).processes, 7);
  t.is(decide({}, { ready: 4, busyness: 1 }, 0, { ...options, step: 30 }).processes, 8);
});

test("nothing more is started before those that were are ready", (t) => {
  t.is(decide({}, { ready: 3, busyness: 1, backlog: 1_000 }).processes, 4);
});

test("one is stopped after a calm time, the next after another", (t) => {
  const wanted = run((second) => (second < 60 ? 4 : 0), 200);
  const top = Math.max(...wanted);
  t.is(top, 7);
  t.deepEqual(
    [89, 90, 119, 120, 149, 150].map((second) => wanted[second]),
    [top, top - 1, top - 1, top - 2, top - 2, top - 3],
  );
});

test("a moment that is not calm begins the calm time anew", (t) => {
  const state = decide({ calmSince: 80_000 }, { ready: 4, busyness: 0.3 });
  t.is(state.calmSince, undefined);
});

test("none is stopped while something is queued", (t) => {
  t.is(decide({ calmSince: 0 }, { ready: 4, busyness: 0, backlog: 1 }).processes, 4);
});

test("none is stopped whose work would make the others busy", (t) => {
  const close = { ...options, busyAbove: 0.6, calmBelow: 0.5 };
  t.is(decide({ processes: 2, calmSince: 0 }, { ready: 2, busyness: 0.4 }, 100_000, close).processes, 2);
  t.is(decide({ processes: 8, calmSince: 0 }, { ready: 8, busyness: 0.4 }, 100_000, close).processes, 7);
});

test("other bounds count at once", (t) => {
  t.is(decide({}, { ready: 4, busyness: 0.5 }, 0, { least: 1, processes: 3 }).processes, 3);
  t.is(decide({}, { ready: 4, busyness: 0.5 }, 0, { least: 6, processes: 8 }).processes, 6);
});

test("an even load leads to a number that stays", (t) => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 8, noNaN: true }), fc.integer({ min: 1, max: 4 }), (units, step) => {
      const wanted = run(() => units, 900, { ...options, step });
      t.is(changes(wanted.slice(600)), 0);
      const last = wanted.at(-1) ?? 0;
      t.true(last === 8 || units / last <= 0.6, "enough");
      t.true(last === 1 || units / last >= 0.25 || units / (last - 1) >= 0.48, "not too many");
    }),
  );
});

test("a load that sways is followed slowly: more at once, fewer one after the other", (t) => {
  const wanted = run((second) => 2 + 1.5 * Math.sin((second / 600) * 2 * Math.PI), 2_400);
  t.true(Math.max(...wanted) >= 5);
  t.true(Math.min(...wanted.slice(600)) <= 3);
  t.true(changes(wanted) <= 4 * 2 * 6, `${changes(wanted)} changes`);
});

test("bursts just beyond the calm time do not make it flap: it waits longer each time", (t) => {
  // Without patience it would stop and start one in each of the 80 bursts.
  const wanted = run((second) => (second % 45 < 5 ? 3 : 0.2), 3_600);
  t.true(changes(wanted.slice(900)) < 20, `${changes(wanted.slice(900))} changes`);
});

test("noise of a second around the mark does not make it flap", (t) => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 300, maxLength: 300 }), (noise) => {
      const wanted = run((second) => noise[second] ?? 0, 300);
      // Up to 2 units are too much for 3 workers, never for 4.
      t.true(changes(wanted) <= 12, `${changes(wanted)} changes`);
    }),
  );
});

test("whatever the load, the number stays within the bounds", (t) => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          ready: fc.nat({ max: 10 }),
          busyness: fc.double({ min: 0, max: 1, noNaN: true }),
          backlog: fc.nat(),
        }),
      ),
      fc.integer({ min: 1, max: 4 }),
      (samples, least) => {
        let state = firstCheaper({ least }, 6);
        for (const [index, sample] of samples.entries()) {
          ({ state } = cheaper(state, sample, { least, processes: 6, calmSeconds: 1, step: 4 }, index * 700));
          t.true(state.processes >= least && state.processes <= 6);
        }
      },
    ),
  );
});

function worker(phase: WorkerView["phase"], vitals?: Partial<Vitals>): WorkerView {
  const view = { serial: 1, id: 1, generation: 1, phase, startedAt: 0 };
  const quiet = { at: 9_000, requests: 1, running: 0, rss: 1, busyness: 0, lagMs: 0, largeInARow: 0 };
  return vitals === undefined ? view : { ...view, vitals: { ...quiet, ...vitals } };
}

test("busyness is the mean of those that accept", (t) => {
  const workers = [
    worker("ready", { busyness: 0.9 }),
    worker("ready", { busyness: 0.3 }),
    worker("starting"),
    worker("stopping", { busyness: 1 }),
  ];
  t.deepEqual(sampleOf(workers, 3, 10_000), { ready: 2, busyness: 0.6, backlog: 3 });
  t.deepEqual(sampleOf([worker("starting")], undefined, 10_000), { ready: 0, busyness: 0 });
});

test("one that has long not reported is idle, or busy beyond reporting, by what it did then", (t) => {
  t.is(sampleOf([worker("ready", { at: 7_000, busyness: 0.5 })], 0, 10_000).busyness, 0);
  t.is(sampleOf([worker("ready", { at: 7_000, busyness: 0.5, running: 1 })], 0, 10_000).busyness, 1);
  t.is(sampleOf([worker("ready")], 0, 10_000).busyness, 0);
});
