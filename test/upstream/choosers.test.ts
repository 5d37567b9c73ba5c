import test from "ava";
import fc from "fast-check";
import { type Chooser, leastConnections, powerOfTwo, rendezvous, roundRobin } from "../../src/upstream/choosers.ts";
import { hashText } from "../../src/upstream/hash.ts";
import type { Node } from "../../src/upstream/node.ts";
import { seededRandom } from "../helpers/deliveries.ts";
import { nodesOf } from "../helpers/upstream-nodes.ts";

const weightsOf = (nodes: readonly Node[]): number[] => nodes.map(({ settings }) => settings.weight);

function choose(chooser: Chooser, nodes: readonly Node[], key = Number.NaN): Node {
  return chooser({ nodes, weights: weightsOf(nodes), count: nodes.length }, key);
}

const weightLists = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 });

test("round robin of weights 5, 1, 1 goes as nginx's", (t) => {
  const nodes = nodesOf([{ weight: 5 }, { weight: 1 }, { weight: 1 }]);
  const order = Array.from({ length: 7 }, () => "abc"[nodes.indexOf(choose(roundRobin, nodes))]);
  t.is(order.join(""), "aabacaa");
});

test("round robin gives each node exactly its weight in as many requests as all weights together, wherever one begins", (t) => {
  fc.assert(
    fc.property(weightLists, fc.nat({ max: 200 }), (weights, begin) => {
      const nodes = nodesOf(weights.map((weight) => ({ weight })));
      for (let i = 0; i < begin; i++) choose(roundRobin, nodes);
      const counts = new Map(nodes.map((node) => [node, 0]));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let i = 0; i < total; i++) {
        const node = choose(roundRobin, nodes);
        counts.set(node, (counts.get(node) ?? 0) + 1);
      }
      t.deepEqual([...counts.values()], weights);
    }),
    { numRuns: 200 },
  );
});

test("least connections chooses none that has more in flight for its weight than another", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat({ max: 40 })), { minLength: 1, maxLength: 10 }),
      (list) => {
        const nodes = nodesOf(list.map(([weight]) => ({ weight })));
        for (const [i, [, inFlight]] of list.entries()) (nodes[i] as Node).inFlight = inFlight;
        const load = ({ inFlight, settings }: Node): number => inFlight / settings.weight;
        const chosen = choose(leastConnections, nodes);
        t.true(nodes.every((node) => load(node) >= load(chosen)));
      },
    ),
  );
});

test("least connections goes round by weight among equals", (t) => {
  const nodes = nodesOf([{ weight: 2 }, { weight: 1 }]);
  const order = Array.from({ length: 6 }, () => "ab"[nodes.indexOf(choose(leastConnections, nodes))]);
  t.is(order.join(""), "abaaba");
});

test("least connections keeps loads in proportion to weights when requests stay", (t) => {
  const nodes = nodesOf([{ weight: 3 }, { weight: 2 }, { weight: 1 }]);
  for (let i = 0; i < 600; i++) choose(leastConnections, nodes).inFlight++;
  t.deepEqual(
    nodes.map(({ inFlight }) => inFlight),
    [300, 200, 100],
  );
});

test("power of two draws by weight and takes the less busy: loads end up in proportion to weights", (t) => {
  const nodes = nodesOf([{ weight: 3 }, { weight: 2 }, { weight: 1 }, { weight: 6 }]);
  const chooser = powerOfTwo(seededRandom(1));
  for (let i = 0; i < 12_000; i++) choose(chooser, nodes).inFlight++;
  for (const { inFlight, settings } of nodes) {
    t.true(Math.abs(inFlight / settings.weight - 1_000) < 60, `${inFlight} at weight ${settings.weight}`);
  }
});

test("power of two never chooses the busiest of all, when there are two others and one is the busiest alone", (t) => {
  const nodes = nodesOf([{}, {}, {}]);
  (nodes[1] as Node).inFlight = 5;
  const chooser = powerOfTwo(seededRandom(2));
  for (let i = 0; i < 1_000; i++) t.not(choose(chooser, nodes), nodes[1]);
});

test("power of two goes the same way for the same random numbers", (t) => {
  const run = (): number[] => {
    const nodes = nodesOf([{}, { weight: 2 }, {}]);
    const chooser = powerOfTwo(seededRandom(3));
    return Array.from({ length: 50 }, () => nodes.indexOf(choose(chooser, nodes)));
  };
  t.deepEqual(run(), run());
});

test("power of two of one node is that node", (t) => {
  const nodes = nodesOf([{}]);
  t.is(choose(powerOfTwo(seededRandom(1)), nodes), nodes[0] as Node);
});

const keys = Array.from({ length: 20_000 }, (_, i) => hashText(`/path/${i}?q=${i * 7}`));

test("hash mode: when one of 20 nodes leaves, exactly its keys move, and that is about a twentieth", (t) => {
  const nodes = nodesOf(Array.from({ length: 20 }, () => ({})));
  for (const gone of nodes) {
    const left = nodes.filter((node) => node !== gone);
    let moved = 0;
    for (const key of keys) {
      const before = choose(rendezvous, nodes, key);
      const after = choose(rendezvous, left, key);
      if (before === gone) moved++;
      else if (before !== after) t.fail("a key of a node that stays has moved");
    }
    t.true(moved / keys.length < 0.058 && moved / keys.length > 0.042, `${moved} of ${keys.length} moved`);
  }
});

test("hash mode: the keys of a node that left are spread over the others", (t) => {
  const nodes = nodesOf(Array.from({ length: 5 }, () => ({})));
  const left = nodes.slice(1);
  const counts = left.map(() => 0);
  const moving = keys.filter((key) => choose(rendezvous, nodes, key) === nodes[0]);
  for (const key of moving) {
    const at = left.indexOf(choose(rendezvous, left, key));
    counts[at] = (counts[at] as number) + 1;
  }
  for (const count of counts) t.true(Math.abs(count / moving.length - 0.25) < 0.03, counts.join(" "));
});

test("hash mode: each node has keys in proportion to its weight", (t) => {
  const nodes = nodesOf([{ weight: 1 }, { weight: 2 }, { weight: 5 }, { weight: 2 }]);
  const counts = nodes.map(() => 0);
  for (const key of keys) {
    const at = nodes.indexOf(choose(rendezvous, nodes, key));
    counts[at] = (counts[at] as number) + 1;
  }
  for (const [i, count] of counts.entries()) {
    const share = (nodes[i] as Node).settings.weight / 10;
    t.true(Math.abs(count / keys.length - share) < 0.012, counts.join(" "));
  }
});

test("hash mode: a weight that grows takes keys and moves none between others", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 10 }),
      fc.nat({ max: 9 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer(),
      (weights, which, more, key) => {
        const nodes = nodesOf(weights.map((weight) => ({ weight })));
        const grown = which % nodes.length;
        const heavier = weights.map((weight, i) => (i === grown ? weight + more : weight));
        const before = rendezvous({ nodes, weights, count: nodes.length }, key);
        const after = rendezvous({ nodes, weights: heavier, count: nodes.length }, key);
        t.true(after === before || after === nodes[grown]);
      },
    ),
    { numRuns: 1_000 },
  );
});

test("hash mode: the choice does not depend on the order of the nodes", (t) => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (key, count) => {
      const nodes = nodesOf(Array.from({ length: count }, () => ({})));
      t.is(choose(rendezvous, nodes, key), choose(rendezvous, nodes.toReversed(), key));
    }),
  );
});

test("hash mode: keys that differ in one character are spread, not in step", (t) => {
  const nodes = nodesOf(Array.from({ length: 3 }, () => ({})));
  const close = Array.from({ length: 3_000 }, (_, i) => hashText(`10.0.${i >> 8}.${i & 255}`));
  const counts = nodes.map(() => 0);
  for (const key of close) {
    const at = nodes.indexOf(choose(rendezvous, nodes, key));
    counts[at] = (counts[at] as number) + 1;
  }
  for (const count of counts) t.true(Math.abs(count - 1_000) < 110, counts.join(" "));
});

test("hash mode: requests without a key go round", (t) => {
  const nodes = nodesOf([{}, {}]);
  const order = Array.from({ length: 4 }, () => nodes.indexOf(choose(rendezvous, nodes)));
  t.deepEqual(order, [0, 1, 0, 1]);
});

test("the hash is the same on every machine", (t) => {
  t.deepEqual(["", "a", "10.0.0.1:3031"].map(hashText), [2_872_998_923, 444_641_715, 1_501_518_494]);
});
