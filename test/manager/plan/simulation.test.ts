import test from "ava";
import fc from "fast-check";
import { plan } from "../../../src/manager/plan/plan.ts";
import {
  asked,
  faultOf,
  incident,
  limits,
  processes,
  quiet,
  scaled,
  scenarios,
} from "../../helpers/manager-scenarios.ts";
import { Simulation } from "../../helpers/manager-simulation.ts";

test("whatever happens, every step keeps to the rules, and all settles", (t) => {
  t.is(faultOf(scenarios(incident)), undefined);
});

test("F38: reloads racing with changes of the number of workers settle", (t) => {
  t.is(faultOf(scenarios(fc.oneof(asked, scaled), 60)), undefined);
});

test("a service that is told to end, whatever else is going on, ends when nobody is left", (t) => {
  const stop = fc.record({
    kind: fc.constant("stop" as const),
    how: fc.constantFrom("graceful" as const, "fast" as const),
  });
  t.is(faultOf(scenarios(fc.oneof({ weight: 8, arbitrary: incident }, stop))), undefined);
});

for (const mode of ["graceful", "chain"] as const) {
  test(`in reloads of mode ${mode} never fewer workers accept than before`, (t) => {
    fc.assert(
      fc.property(
        processes,
        fc.integer(),
        fc.array(fc.nat({ max: 8_000 }), { maxLength: 6 }),
        (count, seed, pauses) => {
          const reloads = pauses.map((pause) => ({ after: pause, incident: { kind: "reload", mode } as const }));
          const simulation = new Simulation(
            {
              ...quiet,
              processes: count,
              seed,
              incidents: [{ after: 5_000, incident: { kind: "scale", processes: count } }, ...reloads],
            },
            plan,
          );
          simulation.watchAcceptingFrom(5_000);
          simulation.run();
          t.is(simulation.fewest, count);
          t.is(simulation.goal.reloaded > 1, pauses.length > 0);
        },
      ),
      { numRuns: 100 },
    );
  });
}

for (const count of [1, 2, 8]) {
  test(`F27: an application that exits at once is started at most 12 times in 60 s, with ${count} processes`, (t) => {
    for (const crashesAfterMs of [undefined, 10]) {
      for (let seed = 0; seed < 20; seed++) {
        const scenario = {
          ...quiet,
          processes: count,
          seed,
          broken: crashesAfterMs === undefined ? [1] : [],
          startMs: [20, 400] as const,
          untilMs: 60_000,
          ...(crashesAfterMs === undefined ? {} : { crashesAfterMs }),
        };
        const { starts } = new Simulation(scenario, plan).run();
        t.true(starts.length <= 12, `${starts.length} starts`);
        t.true(starts.length > Math.max(6, count), "it is tried again and again");
      }
    }
  });
}

test("F27: an application that takes long to fail is not started faster for it", (t) => {
  const { starts } = new Simulation(
    { ...quiet, processes: 8, broken: [1], startMs: [8_000, 9_000], untilMs: 120_000 },
    plan,
  ).run();
  t.true(starts.length <= 14, `${starts.length} starts`);
});

test("F27: when an application starts again, all workers are there soon", (t) => {
  const simulation = new Simulation(
    { ...quiet, processes: 8, failing: 1, incidents: [{ after: 50_000, incident: { kind: "crash", nth: 0 } }] },
    plan,
  );
  t.is(simulation.run().views.length, 8);
  t.true(simulation.now <= 100_000, String(simulation.now));
});

test("F15: an event loop that is blocked for 300 ms again and again is never killed", (t) => {
  const incidents = Array.from({ length: 3 }, (_, index) => ({
    after: 5_000,
    incident: { kind: "block", nth: index, ms: 300, times: 200 } as const,
  }));
  t.deepEqual(new Simulation({ ...quiet, incidents }, plan).run().kills, []);
});

test("a handler that is stuck from its start is killed between the limit and 250 ms later", (t) => {
  for (const harakiriMs of [100, 500, 2_000, 30_000]) {
    const incidents = [{ after: 5_000, incident: { kind: "block", nth: 0, ms: Infinity, times: 1 } } as const];
    const { kills } = new Simulation({ ...quiet, limits: { ...limits, harakiriMs }, incidents }, plan).run();
    t.is(kills.length, 1);
    const late = (kills[0]?.at ?? 0) - 5_000 - harakiriMs;
    t.true(late >= 0 && late <= 250, `${late} ms after ${harakiriMs}`);
  }
});

for (const all of [false, true]) {
  test(`F24: a master that was asleep kills nobody for that, ${all ? "its workers asleep too" : "its workers awake"}`, (t) => {
    for (const ms of [600, 1_500, 2_200, 10_000]) {
      const incidents = [
        { after: 5_000, incident: { kind: "block", nth: 0, ms: 90, times: 100 } },
        { after: 0, incident: { kind: "block", nth: 1, ms: 300, times: 40 } },
        { after: 1_000, incident: { kind: "sleep", ms, all } },
      ] as const;
      t.deepEqual(new Simulation({ ...quiet, incidents }, plan).run().kills, [], `${ms} ms`);
    }
  });
}
