import test from "ava";
import fc from "fast-check";
import { type Incident, type PlanFunction, type Scenario, Simulation } from "../helpers/manager-simulation.ts";
import { plan } from "../../src/manager/plan.ts";
import type { Action, PlanLimits, ReloadMode, WantsOut } from "../../src/manager/view.ts";

const limits: PlanLimits = { startTimeoutMs: 10_000, graceMs: 5_000, harakiriMs: 2_000, reportsOnRss: 3 };

const quiet: Scenario = {
  processes: 3,
  limits,
  incidents: [],
  seed: 1,
  failing: 0,
  hanging: 0,
  broken: [],
  startMs: [50, 3_000],
};

const MODES: readonly ReloadMode[] = ["graceful", "chain", "brutal"];
const REASONS: readonly WantsOut[] = ["max-requests", "rejection", "exception", "closed", "asked"];

const nth = fc.nat({ max: 20 });
const processes = fc.integer({ min: 1, max: 9 });
const asked = fc.record({ kind: fc.constant("reload" as const), mode: fc.constantFrom(...MODES) });
const scaled = fc.record({ kind: fc.constant("scale" as const), processes });
const incident: fc.Arbitrary<Incident> = fc.oneof(
  { weight: 3, arbitrary: asked },
  { weight: 2, arbitrary: scaled },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("crash" as const), nth }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("out" as const), nth, why: fc.constantFrom(...REASONS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("large" as const), nth, rss: fc.constantFrom(50, 150, 250) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("block" as const),
      nth,
      ms: fc.constantFrom(300, Infinity),
      times: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("sleep" as const),
      ms: fc.integer({ min: 1, max: 12_000 }),
      all: fc.boolean(),
    }),
  },
);

const after = fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 4_000 }), fc.nat({ max: 30_000 }));

function scenarios(incidents: fc.Arbitrary<Incident>, most = 25): fc.Arbitrary<Scenario> {
  return fc.record({
    processes,
    limits: fc.constantFrom<PlanLimits>(
      limits,
      { ...limits, maxLifetimeMs: 15_000 },
      { ...limits, harakiriMs: 10_000, graceMs: 30_000, reloadOnRssBytes: 100, evilReloadOnRssBytes: 200 },
      { ...limits, graceMs: 0, maxLifetimeMs: 500 },
    ),
    incidents: fc.array(fc.record({ after, incident: incidents }), { maxLength: most }),
    seed: fc.integer(),
    failing: fc.constantFrom(0, 0, 0.1, 0.5),
    hanging: fc.constantFrom(0, 0.1),
    broken: fc.uniqueArray(fc.integer({ min: 2, max: 6 }), { maxLength: 3 }),
    startMs: fc.constantFrom<readonly [number, number]>([50, 3_000], [1, 20], [500, 600]),
  });
}

function holds(
  incidents: fc.Arbitrary<Scenario>,
  planned: PlanFunction = plan,
  numRuns = 150,
): fc.RunDetails<[Scenario]> {
  return fc.check(
    fc.property(incidents, (scenario) => {
      new Simulation(scenario, planned).run();
    }),
    { numRuns, seed: 20_260_101 },
  );
}

test("whatever happens, every step keeps to the rules, and all settles", (t) => {
  const { failed, counterexample, errorInstance } = holds(scenarios(incident));
  t.false(failed, `${String(errorInstance)} after ${JSON.stringify(counterexample)}`);
});

test("F38: reloads racing with changes of the number of workers settle", (t) => {
  const { failed, counterexample, errorInstance } = holds(scenarios(fc.oneof(asked, scaled), 60));
  t.false(failed, `${String(errorInstance)} after ${JSON.stringify(counterexample)}`);
});

test("a service that is told to end, whatever else is going on, ends when nobody is left", (t) => {
  const stop = fc.record({
    kind: fc.constant("stop" as const),
    how: fc.constantFrom("graceful" as const, "fast" as const),
  });
  const { failed, counterexample, errorInstance } = holds(
    scenarios(fc.oneof({ weight: 8, arbitrary: incident }, stop)),
  );
  t.false(failed, `${String(errorInstance)} after ${JSON.stringify(counterexample)}`);
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

// The rules themselves, with plans that break them

const mutants: Readonly<Record<string, PlanFunction>> = {
  "old workers are stopped before the new ones are ready": (workers, goal, now) => {
    const planned = plan(workers, goal, now);
    const early = workers
      .filter((worker) => worker.phase === "ready" && worker.generation < goal.generation && worker.isKilled !== true)
      .filter(({ serial }) => !planned.actions.some((action) => "serial" in action && action.serial === serial))
      .map(
        ({ serial }) =>
          ({ kind: "stop", serial, why: "reload", graceMs: goal.limits.graceMs, behindQueue: false }) as const,
      );
    return { ...planned, actions: [...planned.actions, ...early] };
  },
  "a chain goes on while the old worker has not left": (workers, goal, now) =>
    plan(workers, goal.mode === "chain" ? { ...goal, mode: "graceful" } : goal, now),
  "workers that want out are replaced all at once": (workers, goal, now) => {
    const old = (worker: (typeof workers)[number]): number => (worker.wantsOut === undefined ? goal.generation : 0);
    return plan(
      workers.map((worker) => ({ ...worker, generation: Math.min(worker.generation, old(worker)) })),
      goal,
      now,
    );
  },
  "workers are told to stop again and again": (workers, goal, now) => {
    const planned = plan(workers, goal, now);
    const again = workers.filter(({ phase, isKilled }) => phase === "stopping" && isKilled !== true);
    return {
      ...planned,
      actions: [
        ...planned.actions,
        ...again.map(
          ({ serial }) => ({ kind: "stop", serial, why: "scale", graceMs: 5_000, behindQueue: false }) as const,
        ),
      ],
    };
  },
  "nobody is killed": without(({ kind }) => kind === "kill"),
  "nobody is killed whose grace is over": without((action) => action.kind === "kill" && action.why === "grace"),
  "a stuck worker is left alone": without((action) => action.kind === "kill" && action.why === "harakiri"),
  "a done reload is not told": without(({ kind }) => kind === "reloaded"),
  "empty places stay empty": (workers, goal, now) => {
    const planned = plan(workers, goal, now);
    const actions = planned.actions.filter(
      ({ kind }) => kind !== "start" || workers.length === 0 || goal.generation > 1,
    );
    return { ...planned, actions };
  },
  "workers beyond the number stay": without((action) => action.kind === "stop" && action.why === "scale"),
  "workers beyond the number leave before others stand in": (workers, goal, now) => {
    const early = workers.filter(
      (worker) => worker.id > goal.processes && worker.phase === "ready" && worker.isKilled !== true,
    );
    const planned = plan(workers, goal, now);
    const more = early
      .filter(({ serial }) => !planned.actions.some((action) => "serial" in action && action.serial === serial))
      .map(({ serial }) => ({ kind: "stop", serial, why: "scale", graceMs: 5_000, behindQueue: false }) as const);
    return { ...planned, actions: [...planned.actions, ...more] };
  },
  "the sleep of the master is forgotten": (workers, { wokeAt: _, ...goal }, now) => plan(workers, goal, now),
  "a request is late too early": (workers, goal, now) =>
    plan(workers, { ...goal, limits: { ...goal.limits, harakiriMs: (goal.limits.harakiriMs ?? 0) / 4 } }, now),
  "it does not look again by itself": (workers, goal, now) => ({ actions: plan(workers, goal, now).actions }),
  "workers are started without end": (workers, goal, now) => {
    const planned = plan(workers, goal, now);
    const more = { kind: "start", id: 1, generation: goal.generation } as const;
    return goal.stop === undefined ? { ...planned, actions: [...planned.actions, more] } : planned;
  },
};

function without(isLost: (action: Action) => boolean): PlanFunction {
  return (workers, goal, now) => {
    const planned = plan(workers, goal, now);
    return { ...planned, actions: planned.actions.filter((action) => !isLost(action)) };
  };
}

for (const [what, mutant] of Object.entries(mutants)) {
  test(`the simulation finds a plan where ${what}`, (t) => {
    t.true(holds(scenarios(incident), mutant).failed);
  });
}

test("the simulation finds a plan that ends while somebody is left", (t) => {
  const mutant: PlanFunction = (workers, goal, now) => {
    const planned = plan(workers, goal, now);
    return goal.stop === undefined ? planned : { ...planned, actions: [...planned.actions, { kind: "end" }] };
  };
  t.throws(
    () =>
      new Simulation(
        { ...quiet, incidents: [{ after: 5_000, incident: { kind: "stop", how: "graceful" } }] },
        mutant,
      ).run(),
    {
      message: "the plan ends, with workers or unasked",
    },
  );
});

test("the count of starts finds a plan that does not wait", (t) => {
  const mutant: PlanFunction = (workers, goal, now) => plan(workers, { ...goal, failures: { streak: 0, at: 0 } }, now);
  const { starts } = new Simulation(
    { ...quiet, processes: 2, broken: [1], startMs: [20, 400], untilMs: 60_000 },
    mutant,
  ).run();
  t.true(starts.length > 100);
});
