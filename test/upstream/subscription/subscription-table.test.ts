import test from "ava";
import type { ReceivedAnnouncement } from "../../../src/upstream/subscription/announcement.ts";
import {
  normalKey,
  type SubscriptionOutcome,
  SubscriptionTable,
} from "../../../src/upstream/subscription/subscription-table.ts";

function received(given: Partial<ReceivedAnnouncement> = {}): ReceivedAnnouncement {
  return {
    key: "a.example",
    address: "10.0.0.1:1",
    modifier1: 0,
    modifier2: 0,
    cores: 1,
    load: 0,
    weight: 1,
    backup: 0,
    isUnsubscribe: false,
    ...given,
  };
}

/** In a word. */
function wordOf(outcome: SubscriptionOutcome): string {
  if ("refusal" in outcome) return outcome.refusal;
  const { change } = outcome;
  if (change === undefined) return "nothing";
  return change.change === "removed" ? `removed: ${change.because}` : change.change;
}

test("a node is there from its first announcement until it unsubscribes", (t) => {
  const table = new SubscriptionTable();
  t.is(wordOf(table.take(received(), 0)), "added");
  t.is(wordOf(table.take(received({ load: 5 }), 10_000)), "refreshed");
  t.deepEqual(
    table.nodes.map(({ key, address, load }) => [key, address, load]),
    [["a.example", "10.0.0.1:1", 5]],
  );
  t.is(wordOf(table.take(received({ isUnsubscribe: true }), 11_000)), "removed: unsubscribed");
  t.deepEqual(table.nodes, []);
  t.is(wordOf(table.take(received({ isUnsubscribe: true }), 11_000)), "nothing");
});

test("a node that is silent for more than 17 s is gone, to the millisecond", (t) => {
  const table = new SubscriptionTable();
  table.take(received(), 0);
  table.take(received(), 10_000);
  t.deepEqual(table.expire(27_000), []);
  t.like(table.expire(27_001)[0], { change: "removed", because: "silent" });
  t.deepEqual(table.expire(27_002), []);
  t.is(wordOf(table.take(received(), 30_000)), "added");
});

for (const given of [{ weight: 2 }, { backup: 1 }, { modifier1: 5 }, { modifier2: 1 }]) {
  test(`another ${Object.keys(given).join()} is told`, (t) => {
    const table = new SubscriptionTable();
    table.take(received(), 0);
    t.is(wordOf(table.take(received(given), 1)), "changed");
    t.like(table.nodes[0], given);
  });
}

test("domains are the same in any case, mountpoints are not", (t) => {
  const table = new SubscriptionTable();
  table.take(received({ key: "A.Example/Shop" }), 0);
  t.is(wordOf(table.take(received({ key: "a.EXAMPLE/Shop" }), 0)), "refreshed");
  t.is(wordOf(table.take(received({ key: "a.example/shop" }), 0)), "added");
  t.is(normalKey("A.Example/Shop"), "a.example/Shop");
});

test("an announcement that is not later than the last one of its node is an old one, in each order of words", (t) => {
  const table = new SubscriptionTable();
  t.is(wordOf(table.take(received({ unix: 100 }), 0)), "added");
  t.regex(wordOf(table.take(received({ unix: 100 }), 0)), /it is of 100, and one of 100 has come already/);
  t.regex(wordOf(table.take(received({ unix: 99, isUnsubscribe: true }), 0)), /old one, sent again/);
  t.is(wordOf(table.take(received({ unix: 101 }), 0)), "refreshed");
  t.is(wordOf(table.take(received({ unix: 1, address: "10.0.0.2:1" }), 0)), "added");
});

test("an old announcement does not bring back a node that has unsubscribed or fallen silent", (t) => {
  const table = new SubscriptionTable({ memoryMs: 60_000 });
  table.take(received({ unix: 100 }), 0);
  t.is(wordOf(table.take(received({ unix: 102, isUnsubscribe: true }), 1_000)), "removed: unsubscribed");
  t.regex(wordOf(table.take(received({ unix: 101 }), 2_000)), /old one/);
  t.is(wordOf(table.take(received({ unix: 103 }), 3_000)), "added");
  t.is(table.expire(30_000).length, 1);
  t.regex(wordOf(table.take(received({ unix: 103 }), 31_000)), /old one/);
  // Longer than such an announcement would be taken for new nothing needs to be kept.
  t.deepEqual(table.expire(63_001), []);
  t.is(wordOf(table.take(received({ unix: 103 }), 63_002)), "added");
});

test("there are no more nodes than maxNodes, those counted of which only the time is kept; refreshes go on", (t) => {
  const table = new SubscriptionTable({ maxNodes: 2 });
  table.take(received({ address: "a", unix: 1 }), 0);
  table.take(received({ address: "b" }), 0);
  t.is(wordOf(table.take(received({ address: "c" }), 0)), "there are 2 nodes, which is the most");
  t.is(wordOf(table.take(received({ address: "b" }), 0)), "refreshed");
  table.take(received({ address: "a", unix: 2, isUnsubscribe: true }), 0);
  t.regex(wordOf(table.take(received({ address: "c" }), 0)), /which is the most/);
  table.expire(60_001);
  t.is(wordOf(table.take(received({ address: "c" }), 60_001)), "added");
});

test("there are no more keys than maxKeys", (t) => {
  const table = new SubscriptionTable({ maxKeys: 1 });
  table.take(received(), 0);
  t.is(wordOf(table.take(received({ key: "b.example" }), 0)), "there are 1 keys, which is the most");
  t.is(wordOf(table.take(received({ address: "10.0.0.2:1" }), 0)), "added");
  for (const address of ["10.0.0.1:1", "10.0.0.2:1"]) table.take(received({ address, isUnsubscribe: true }), 0);
  t.is(wordOf(table.take(received({ key: "b.example" }), 0)), "added");
});
