import test from "ava";
import { plan } from "../../../src/manager/plan/plan.ts";
import type { Action } from "../../../src/manager/plan/view.ts";
import { faultOf, incident, quiet, scenarios } from "../../helpers/manager-scenarios.ts";
import { type PlanFunction, Simulation } from "../../helpers/manager-simulation.ts";

/** Plans that break the rules. */

const mutants = {
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
  "a request is late too early": (workers, goal, now) =>
    plan(workers, { ...goal, limits: { ...goal.limits, harakiriMs: (goal.limits.harakiriMs ?? 0) / 4 } }, now),
  "it does not look again by itself": (workers, goal, now) => ({ actions: plan(workers, goal, now).actions }),
  "workers are started without end": (workers, goal, now) => {
    const planned = plan(workers, goal, now);
    const more = { kind: "start", id: 1, generation: goal.generation } as const;
    return goal.stop === undefined ? { ...planned, actions: [...planned.actions, more] } : planned;
  },
} satisfies Readonly<Record<string, PlanFunction>>;

function without(isLost: (action: Action) => boolean): PlanFunction {
  return (workers, goal, now) => {
    const planned = plan(workers, goal, now);
    return { ...planned, actions: planned.actions.filter((action) => !isLost(action)) };
  };
}

/** What the simulation says of each. */
const faults: Readonly<Record<keyof typeof mutants, string>> = {
  "old workers are stopped before the new ones are ready": "stops the last that accepts in place",
  "a chain goes on while the old worker has not left": "a chain changes two places at a time",
  "workers that want out are replaced all at once": "replaces 2 at a time",
  "workers are told to stop again and again": "asked again, the plan goes on",
  "nobody is killed": "leaves one alive whose grace is over",
  "nobody is killed whose grace is over": "leaves one alive whose grace is over",
  "a stuck worker is left alone": "leaves a stuck worker alive",
  "a done reload is not told": "a reload is never done",
  "empty places stay empty": "still not settled",
  "workers beyond the number stay": "still not settled",
  "workers beyond the number leave before others stand in": "are left that accept",
  "a request is late too early": "kills a stuck worker before its request is late",
  "it does not look again by itself": "workers are alive, ",
  "workers are started without end": "asked again, the plan goes on",
};

for (const [what, mutant] of Object.entries(mutants)) {
  test(`the simulation finds a plan where ${what}`, (t) => {
    t.true(faultOf(scenarios(incident), mutant)?.includes(faults[what as keyof typeof mutants]));
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

test("the simulation finds a plan where the sleep of the master is forgotten", (t) => {
  const mutant: PlanFunction = (workers, goal, now) => {
    const { wokeAt: _, ...forgetful } = goal;
    return plan(workers, forgetful, now);
  };
  const incidents = [
    { after: 5_000, incident: { kind: "block", nth: 0, ms: 300, times: 40 } },
    { after: 1_000, incident: { kind: "sleep", ms: 10_000, all: true } },
  ] as const;
  t.throws(() => new Simulation({ ...quiet, incidents }, mutant).run(), {
    message: "the plan kills a worker that is not stuck",
  });
});
