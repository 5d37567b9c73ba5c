import test from "ava";
import { firstGoal } from "../../../src/manager/plan/reload.ts";
import type { ManagerStatus } from "../../../src/manager/status.ts";
import { type Identity, type Knowledge, statusOf } from "../../../src/manager/master/status-of.ts";

const identity: Identity = {
  name: "shop",
  pid: 1,
  version: "1.0.0",
  node: "v20",
  application: "shop.js",
  addresses: ["/run/shop.sock"],
  uptimeMs: 5,
  rss: 6,
};
const wanted = firstGoal(2, { startTimeoutMs: 1, graceMs: 1, reportsOnRss: 3 });
const nothing: Knowledge = { wanted, members: [], lastFailure: undefined, hasServed: true };

for (const [state, knowledge] of [
  ["starting", { hasServed: false }],
  ["running", {}],
  ["reloading", { wanted: { ...wanted, generation: 2 } }],
  ["stopping", { wanted: { ...wanted, generation: 2, stop: "graceful" } }],
] satisfies [ManagerStatus["state"], Partial<Knowledge>][]) {
  test(`the state is ${state}`, (t) => {
    t.is(statusOf(identity, { ...nothing, ...knowledge }, 0).state, state);
  });
}

test("failures are told while they count, with how long they still hold up a start", (t) => {
  const troubled = { ...nothing, wanted: { ...wanted, failures: { streak: 7, at: 1_000 } } };
  t.like(statusOf(identity, troubled, 1_500), { failures: 7, delayMs: 1_500 });
  t.like(statusOf(identity, troubled, 60_000), { failures: 0, delayMs: 0 });
});

test("workers are in the order of their places, the older version first", (t) => {
  const view = { phase: "ready", startedAt: 100 } as const;
  const members = [
    { process: { pid: 12 }, view: { ...view, serial: 2, id: 2, generation: 1 } },
    { process: { pid: 13 }, view: { ...view, serial: 3, id: 1, generation: 2, wantsOut: "memory" as const } },
    { process: { pid: 11 }, view: { ...view, serial: 1, id: 1, generation: 1 } },
  ];
  const { workers } = statusOf(identity, { ...nothing, members }, 600);
  t.deepEqual(
    workers.map(({ pid }) => pid),
    [11, 13, 12],
  );
  t.like(workers[1], { id: 1, generation: 2, state: "ready", uptimeMs: 500, wantsOut: "memory", requests: 0 });
});
