import test from "ava";
import fc from "fast-check";
import { rendezvous, roundRobin } from "../../src/upstream/choosers.ts";
import { isAvailable, type Node, weightOf } from "../../src/upstream/node.ts";
import { Picker } from "../../src/upstream/picker.ts";
import { nodesOf } from "../helpers/upstream-nodes.ts";

const state = fc.record({
  level: fc.nat({ max: 2 }),
  isDead: fc.boolean(),
  isPingDown: fc.boolean(),
  downFor: fc.constantFrom(Number.NEGATIVE_INFINITY, -5, 5),
  isProbed: fc.boolean(),
  inFlight: fc.nat({ max: 3 }),
  wasTried: fc.boolean(),
});

test("the node picked can be asked and was not tried, and there is no such node of a lower level; none only when there is none", (t) => {
  for (const chooser of [roundRobin, rendezvous]) {
    fc.assert(
      fc.property(fc.array(state, { maxLength: 8 }), fc.integer(), (states, key) => {
        const now = 1_000;
        const nodes = nodesOf(states.map(({ level }) => ({ backupLevel: level, maxInFlight: 3 })));
        const tried: { node: Node; error: unknown }[] = [];
        for (const [i, node] of nodes.entries()) {
          const { isDead, isPingDown, downFor, isProbed, inFlight, wasTried } = states[i] as (typeof states)[0];
          Object.assign(node, {
            deadWhy: isDead ? "x" : undefined,
            isPingDown,
            downUntil: now + downFor,
            isProbed,
            inFlight,
          });
          if (wasTried) tried.push({ node, error: "" });
        }
        const can = nodes.filter((node) => isAvailable(node, now) && !tried.some((one) => one.node === node));
        const picked = new Picker(chooser, 0).pick(nodes, now, key, tried);
        const lowest = Math.min(...can.map(({ settings }) => settings.backupLevel));
        if (picked === undefined) t.deepEqual(can, []);
        else t.true(can.includes(picked) && picked.settings.backupLevel === lowest);
      }),
      { numRuns: 500 },
    );
  }
});

for (const [what, change] of [
  ["marked dead", { deadWhy: "x" }],
  ["down by its checks", { isPingDown: true }],
  ["down for a while", { downUntil: 1_001 }],
  ["tried by a request already", { downUntil: 999, isProbed: true }],
  ["full", { inFlight: 2 }],
  ["draining", { isDraining: true }],
] as const) {
  test(`a node that is ${what} is passed over`, (t) => {
    const nodes = nodesOf([{ maxInFlight: 2 }, {}]);
    Object.assign(nodes[0] as Node, change);
    const picker = new Picker(roundRobin, 0);
    for (let i = 0; i < 4; i++) t.is(picker.pick(nodes, 1_000, Number.NaN), nodes[1]);
  });
}

test("a backup is asked only while no primary can be", (t) => {
  const nodes = nodesOf([{}, {}, { isBackup: true }, { backupLevel: 2 }]);
  const [one, two, backup, last] = nodes as [Node, Node, Node, Node];
  const picker = new Picker(roundRobin, 0);
  const pick = (): Node | undefined => picker.pick(nodes, 0, Number.NaN);
  t.deepEqual([pick(), pick(), pick()], [one, two, one]);
  one.isPingDown = true;
  t.deepEqual([pick(), pick()], [two, two]);
  two.isPingDown = true;
  t.deepEqual([pick(), pick()], [backup, backup]);
  backup.isPingDown = true;
  t.is(pick(), last);
  two.isPingDown = false;
  t.is(pick(), two);
});

test("a weight grows evenly over the slow start, from a hundredth", (t) => {
  const [node] = nodesOf([{ weight: 10 }]) as [Node];
  node.returnedAt = 1_000;
  const weights = [1_000, 1_250, 1_500, 1_999, 2_000, 9_000].map((now) => weightOf(node, now, 1_000));
  t.deepEqual(weights, [0.1, 2.5, 5, 9.99, 10, 10]);
});

test("without slow start a node that returns has its weight at once", (t) => {
  const [node] = nodesOf([{ weight: 10 }]) as [Node];
  node.returnedAt = 1_000;
  t.is(weightOf(node, 1_000, 0), 10);
});

test("slow start: a node that has come back gets a half of its share over that time, then all of it", (t) => {
  const nodes = nodesOf([{}, {}]);
  const [, back] = nodes as [Node, Node];
  back.returnedAt = 0;
  const picker = new Picker(roundRobin, 10_000);
  const counts = [0, 0];
  for (let now = 0; now < 20_000; now += 10) {
    if (picker.pick(nodes, now, Number.NaN) === back)
      counts[now < 10_000 ? 0 : 1] = (counts[now < 10_000 ? 0 : 1] ?? 0) + 1;
  }
  // Of 1 000 requests each: the integral of s / (1 + s) from 0 to 1 is 1 - ln 2.
  t.true(Math.abs((counts[0] as number) - 1_000 * (1 - Math.LN2)) < 15, counts.join(" "));
  t.true(Math.abs((counts[1] as number) - 500) <= 1, counts.join(" "));
});

test("a picker that has forgotten picks as before", (t) => {
  const nodes = nodesOf([{}, {}]);
  const picker = new Picker(roundRobin, 0);
  const picked = [0, 1, 2].map(() => {
    picker.forget();
    return nodes.indexOf(picker.pick(nodes, 0, Number.NaN) as Node);
  });
  t.deepEqual(picked, [0, 1, 0]);
});
