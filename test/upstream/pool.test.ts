import test from "ava";
import fc from "fast-check";
import { ConnectionError } from "../../src/errors.ts";
import { roundRobin } from "../../src/upstream/choosers.ts";
import { type NodeInit, nodeSettings } from "../../src/upstream/node-init.ts";
import { isUp, type Node, whyNot } from "../../src/upstream/node.ts";
import { Picker } from "../../src/upstream/picker.ts";
import { type Member, Pool } from "../../src/upstream/pool.ts";
import { seededRandom } from "../helpers/deliveries.ts";

const refused = new ConnectionError("cannot connect: refused", { code: "UWSGI_CONNECT_FAILED" });
const thresholds = { rise: 2, fall: 3 };
const well = { isWell: true, warning: "" } as const;
const ill = { isWell: false, error: refused } as const;

interface Bench {
  readonly pool: Pool;
  readonly nodes: Node[];
  readonly said: string[];
}

function poolOf(inits: readonly Omit<NodeInit, "address">[]): Bench {
  const said: string[] = [];
  const pool = new Pool((node, state, why) => said.push(`${node.name} ${state}: ${why}`));
  for (const [i, init] of inits.entries()) {
    pool.add(nodeSettings({ ...init, address: `n${i}:1` }), undefined, 0, false);
  }
  said.length = 0;
  return { pool, nodes: [...pool.nodes], said };
}

test("maxFails failures within the time take a node out, one fewer does not", (t) => {
  const { pool, nodes, said } = poolOf([{ maxFails: 3, failTimeoutMs: 1_000 }, {}]);
  const [node] = nodes as [Node];
  pool.failed(node, refused, 10);
  pool.failed(node, refused, 500);
  t.true(isUp(node));
  pool.failed(node, refused, 1_010);
  t.false(isUp(node));
  t.deepEqual(said, ["n0:1 down: cannot connect: refused"]);
});

test("failures that are further apart than the time are not counted together", (t) => {
  const { pool, nodes } = poolOf([{ maxFails: 2, failTimeoutMs: 1_000 }, {}]);
  const [node] = nodes as [Node];
  for (let now = 0; now < 20_000; now += 1_001) pool.failed(node, refused, now);
  t.true(isUp(node));
  t.is(node.failures, 20);
});

test("maxFails 0 never takes a node out", (t) => {
  const { pool, nodes } = poolOf([{ maxFails: 0 }, {}]);
  const [node] = nodes as [Node];
  for (let i = 0; i < 100; i++) pool.failed(node, refused, i);
  t.true(isUp(node));
});

test("a node that is alone is not taken out by failures, as in nginx", (t) => {
  const { pool, nodes } = poolOf([{}]);
  const [node] = nodes as [Node];
  pool.failed(node, refused, 0);
  t.true(isUp(node));
});

test("a node that is alone is taken out by its checks", (t) => {
  const { pool, nodes } = poolOf([{}]);
  const [node] = nodes as [Node];
  for (let i = 0; i < 3; i++) pool.pinged(node, ill, i, thresholds);
  t.false(isUp(node));
});

test("after the time one request tries the node, and no second one until that has ended", (t) => {
  const { pool, nodes } = poolOf([{ failTimeoutMs: 1_000 }, {}]);
  const [node, other] = nodes as [Node, Node];
  pool.failed(node, refused, 0);
  const picker = new Picker(roundRobin, 0);
  const pickAt = (now: number): Node | undefined => picker.pick([node], now, Number.NaN);
  t.is(pickAt(999), undefined);
  t.is(pickAt(1_000), node);
  t.true(pool.begin(node));
  t.is(pickAt(1_000), undefined);
  t.is(picker.pick(nodes, 1_000, Number.NaN), other);
  t.regex(whyNot(node, 1_000), /^failed, and a request is trying it: cannot connect: refused$/);
  pool.end(node, true);
  t.is(pickAt(1_000), node);
});

test("when the request that tries a node is answered the node is up, and its failures are forgotten", (t) => {
  const { pool, nodes, said } = poolOf([{ failTimeoutMs: 1_000, maxFails: 2 }, {}]);
  const [node] = nodes as [Node];
  pool.failed(node, refused, 0);
  pool.failed(node, refused, 0);
  const isProbe = pool.begin(node);
  pool.succeeded(node, isProbe, 1_500);
  t.true(isUp(node));
  t.is(node.returnedAt, 1_500);
  pool.failed(node, refused, 1_501);
  t.true(isUp(node));
  t.is(said[1], "n0:1 up: answered a request again");
});

test("when the request that tries a node fails its time begins anew, and nothing is reported again", (t) => {
  const { pool, nodes, said } = poolOf([{ failTimeoutMs: 1_000 }, {}]);
  const [node] = nodes as [Node];
  pool.failed(node, refused, 0);
  pool.begin(node);
  pool.failed(node, refused, 1_200);
  pool.end(node, true);
  t.is(node.downUntil, 2_200);
  t.is(said.length, 1);
});

test("an answer to a request from before the failure does not bring a node back", (t) => {
  const { pool, nodes } = poolOf([{}, {}]);
  const [node] = nodes as [Node];
  const isProbe = pool.begin(node);
  pool.failed(node, refused, 0);
  pool.succeeded(node, isProbe, 1);
  t.false(isUp(node));
});

test("checks take a node out after fall failures in a row, and bring it back after rise passes in a row", (t) => {
  const { pool, nodes, said } = poolOf([{}, {}]);
  const [node] = nodes as [Node];
  const run = (text: string): string =>
    [...text]
      .map((one, i) => {
        pool.pinged(node, one === "+" ? well : ill, i, thresholds);
        return isUp(node) ? "u" : "d";
      })
      .join("");
  t.is(run("--+--+---+-++--"), "uuuuuuuudddduuu");
  t.deepEqual(said, ["n0:1 down: failed 3 health checks: cannot connect: refused", "n0:1 up: passed 2 health checks"]);
});

test("checks bring back a node that failed its requests", (t) => {
  const { pool, nodes } = poolOf([{ failTimeoutMs: 60_000 }, {}]);
  const [node] = nodes as [Node];
  pool.pinged(node, well, 0, thresholds);
  pool.failed(node, refused, 1);
  pool.pinged(node, well, 2, thresholds);
  t.false(isUp(node));
  pool.pinged(node, well, 3, thresholds);
  t.true(isUp(node));
});

test("the warning in an answer to a ping is kept, and is no failure", (t) => {
  const { pool, nodes } = poolOf([{}]);
  const [node] = nodes as [Node];
  pool.pinged(node, { isWell: true, warning: "disk is full" }, 0, thresholds);
  t.deepEqual([isUp(node), node.warning], [true, "disk is full"]);
});

test("a node that was marked dead stays so until it is marked alive or added again", (t) => {
  const { pool, nodes, said } = poolOf([{}, {}]);
  const [node] = nodes as [Node];
  t.true(pool.markDead("n0:1", "no announcement for 17 s", 0));
  for (let i = 0; i < 5; i++) pool.pinged(node, well, i, thresholds);
  t.false(isUp(node));
  t.is(whyNot(node, 1e9), "was marked dead: no announcement for 17 s");
  pool.add(nodeSettings({ address: "n0:1", weight: 7 }), undefined, 1, true);
  t.true(isUp(node));
  t.is(node.settings.weight, 7);
  pool.markDead("n0:1", "again", 2);
  t.true(pool.markAlive("n0:1", "was marked alive", 3));
  t.true(isUp(node));
  t.deepEqual(
    said.map((one) => one.split(":1 ")[1]),
    ["down: no announcement for 17 s", "up: was added again", "down: again", "up: was marked alive"],
  );
  t.deepEqual([pool.markDead("x:1", "", 0), pool.markAlive("x:1", "", 0)], [false, false]);
});

test("a node that is removed drains, and is gone with its last request", (t) => {
  const { pool, nodes, said } = poolOf([{}, {}]);
  const [node] = nodes as [Node];
  const isProbe = pool.begin(node);
  t.deepEqual(pool.remove("n0:1", "was removed"), [node]);
  t.false(pool.nodes.includes(node));
  t.is(whyNot(node, 0), "is being removed");
  t.true(pool.draining.has(node));
  pool.end(node, isProbe);
  t.false(pool.draining.has(node));
  t.deepEqual(said, ["n0:1 draining: was removed", "n0:1 removed: its last request has ended"]);
  t.is(pool.remove("n0:1", "was removed"), undefined);
});

test("a node that is added while it drains is the same again, with what runs there", (t) => {
  const { pool, nodes } = poolOf([{}, {}]);
  const [node] = nodes as [Node];
  pool.begin(node);
  pool.remove("n0:1", "was removed");
  pool.add(nodeSettings({ address: "n0:1" }), undefined, 0, true);
  t.is(pool.nodes.at(-1), node);
  t.deepEqual([node.isDraining, node.inFlight, pool.draining.size], [false, 1, 0]);
});

test("the addresses of a name are nodes; those that vanish drain, those that come start slowly, those that stay keep their counts", (t) => {
  const said: string[] = [];
  const pool = new Pool((node, state) => said.push(`${node.name} ${state}`));
  const member: Member = pool.add(nodeSettings({ address: "app:1", weight: 3 }), "app", 0, false);
  const at = (...ips: string[]): void =>
    pool.resolved(
      member,
      ips.map((host) => ({ kind: "tcp", host, port: 1 })),
      1_000,
    );
  at("10.0.0.1", "10.0.0.2");
  const [, second] = pool.nodes as [Node, Node];
  pool.begin(second);
  at("10.0.0.2", "10.0.0.3");
  t.deepEqual(
    pool.nodes.map(({ name, settings, inFlight, returnedAt }) => [name, settings.weight, inFlight, returnedAt]),
    [
      ["10.0.0.2:1", 3, 1, Number.NEGATIVE_INFINITY],
      ["10.0.0.3:1", 3, 0, 1_000],
    ],
  );
  at("10.0.0.3");
  t.true(pool.draining.has(second));
  at("10.0.0.2", "10.0.0.3");
  t.true(pool.nodes.includes(second));
  t.deepEqual(said.slice(0, 5), [
    "10.0.0.1:1 added",
    "10.0.0.2:1 added",
    "10.0.0.1:1 draining",
    "10.0.0.1:1 removed",
    "10.0.0.3:1 added",
  ]);
});

test("the addresses of one name have keys of their own in hash mode, also when the name has an id", (t) => {
  const pool = new Pool(() => {});
  const member = pool.add(nodeSettings({ address: "app:1", id: "app" }), "app", 0, false);
  const addresses = ["10.0.0.1", "10.0.0.2"].map((host) => ({ kind: "tcp", host, port: 1 }) as const);
  pool.resolved(member, addresses, 0);
  const [one, two] = pool.nodes as [Node, Node];
  t.not(one.seed, two.seed);
});

test("a node with an id has the same keys at another address", (t) => {
  const pool = new Pool(() => {});
  pool.add(nodeSettings({ address: "a:1", id: "one" }), undefined, 0, false);
  pool.add(nodeSettings({ address: "b:1", id: "one" }), undefined, 0, false);
  const [one, two] = pool.nodes as [Node, Node];
  t.is(one.seed, two.seed);
});

test("simulation: whatever happens, requests are counted right, down nodes are asked by one request at a time, and all is up at the end", (t) => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 2, max: 6 }), (seed, count) => {
      const random = seededRandom(seed);
      const { pool, nodes } = poolOf(Array.from({ length: count }, () => ({ failTimeoutMs: 1_000, maxFails: 2 })));
      const picker = new Picker(roundRobin, 500);
      const broken = new Set<Node>();
      const running: { node: Node; isProbe: boolean; endsAt: number }[] = [];
      const finish = (now: number, all: boolean): void => {
        for (const one of running.filter(({ endsAt }) => all || endsAt <= now)) {
          running.splice(running.indexOf(one), 1);
          if (broken.has(one.node)) pool.failed(one.node, refused, now);
          else pool.succeeded(one.node, one.isProbe, now);
          pool.end(one.node, one.isProbe);
        }
      };
      for (let now = 0; now < 20_000; now += 20) {
        const luck = random();
        if (now >= 15_000 || luck < 0.01) broken.clear();
        else if (luck < 0.02) broken.add(nodes[Math.floor(random() * count)] as Node);
        finish(now, false);
        const node = picker.pick(pool.nodes, now, Number.NaN);
        if (node === undefined) continue;
        const wasUp = isUp(node);
        if (!wasUp) t.true(now >= node.downUntil && !running.some((one) => one.node === node && one.isProbe));
        const isProbe = pool.begin(node);
        t.is(isProbe, !wasUp);
        running.push({ node, isProbe, endsAt: now + 100 * random() });
      }
      finish(20_000, true);
      t.true(nodes.every((node) => isUp(node) && node.inFlight === 0 && !node.isProbed));
    }),
    { numRuns: 50 },
  );
});
