/** Scenarios for `manager-simulation.ts`, by chance: what operators do and what befalls workers, at any moment. */
import fc from "fast-check";
import { plan } from "../../src/manager/plan/plan.ts";
import type { PlanLimits, ReloadMode, WantsOut } from "../../src/manager/plan/view.ts";
import { type Incident, type PlanFunction, type Scenario, Simulation } from "./manager-simulation.ts";

export const limits: PlanLimits = { startTimeoutMs: 10_000, graceMs: 5_000, harakiriMs: 2_000, reportsOnRss: 3 };

/** Three workers, and nothing happens. */
export const quiet: Scenario = {
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
export const processes = fc.integer({ min: 1, max: 9 });
export const asked = fc.record({ kind: fc.constant("reload" as const), mode: fc.constantFrom(...MODES) });
export const scaled = fc.record({ kind: fc.constant("scale" as const), processes });
/** All but the end of the service. */
export const incident: fc.Arbitrary<Incident> = fc.oneof(
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

export function scenarios(incidents: fc.Arbitrary<Incident>, most = 25): fc.Arbitrary<Scenario> {
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

/** Runs the simulation in many scenarios, the same ones every time, and says what is wrong, if anything is. */
export function faultOf(incidents: fc.Arbitrary<Scenario>, planned: PlanFunction = plan): string | undefined {
  // Only what is to be looked into is worth the time of making it small.
  const endOnFailure = planned !== plan;
  const { failed, counterexample, errorInstance } = fc.check(
    fc.property(incidents, (scenario) => {
      new Simulation(scenario, planned).run();
    }),
    { numRuns: 120, seed: 20_260_101, endOnFailure },
  );
  return failed ? `${String(errorInstance)} after ${JSON.stringify(counterexample)}` : undefined;
}
