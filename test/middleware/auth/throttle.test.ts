import test from "ava";
import fc from "fast-check";
import { networkOf, Throttle } from "../../../src/middleware/auth/throttle.ts";

const CLIENT = "192.0.2.1";

/** Fails some times as soon as it may; answers the waits behind each failure. */
function waitsOf(throttle: Throttle, times: number, name = "alice", address: string | undefined = CLIENT): number[] {
  let now = 0;
  return Array.from({ length: times }, () => {
    throttle.begin(name, address, now);
    const wait = throttle.waitMs(name, address, now);
    now += wait;
    return wait;
  });
}

test("behind five failures the wait is a second, then twice as long each time, and at most the most", (t) => {
  const waits = waitsOf(new Throttle({ mostDelaySeconds: 10 }), 10);
  t.deepEqual(waits, [0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

test("the wait is at most a quarter of an hour by default", (t) => {
  t.is(Math.max(...waitsOf(new Throttle({ addressFailures: 1_000 }), 40)), 900_000);
});

test("the wait is over when its time is", (t) => {
  const throttle = new Throttle();
  for (let i = 0; i < 5; i++) throttle.begin("alice", CLIENT, 0);
  t.is(throttle.waitMs("alice", CLIENT, 999), 1);
  t.is(throttle.waitMs("alice", CLIENT, 1_000), 0);
});

test("others have not to wait: another name from there, the same from elsewhere", (t) => {
  const throttle = new Throttle();
  for (let i = 0; i < 6; i++) throttle.begin("alice", CLIENT, 0);
  t.is(throttle.waitMs("bob", CLIENT, 0), 0);
  t.is(throttle.waitMs("alice", "192.0.2.2", 0), 0);
});

test("an address that fails with many names has to wait, whatever the name", (t) => {
  const throttle = new Throttle();
  for (let i = 0; i < 20; i++) throttle.begin(`user${i}`, CLIENT, 0);
  t.is(throttle.waitMs("alice", CLIENT, 0), 1_000);
  t.is(throttle.waitMs("alice", "192.0.2.2", 0), 0);
});

test("a success forgives the name all, the address only itself", (t) => {
  const throttle = new Throttle({ addressFailures: 6 });
  for (let i = 0; i < 4; i++) throttle.begin("alice", CLIENT, 0);
  throttle.begin("alice", CLIENT, 0);
  throttle.succeed("alice", CLIENT, 0);
  t.is(throttle.waitMs("alice", CLIENT, 0), 0);
  for (let i = 0; i < 2; i++) throttle.begin("alice", CLIENT, 0);
  t.is(throttle.waitMs("bob", CLIENT, 0), 1_000);
});

test("who has a password of their own cannot guess others' for ever", (t) => {
  const throttle = new Throttle();
  for (let i = 0; i < 20; i++) {
    throttle.begin("mallory", CLIENT, 0);
    throttle.succeed("mallory", CLIENT, 0);
    throttle.begin(`victim${i}`, CLIENT, 0);
  }
  t.is(throttle.waitMs("victim", CLIENT, 0), 1_000);
});

test("an attempt that is taken back was none", (t) => {
  const throttle = new Throttle();
  for (let i = 0; i < 30; i++) {
    throttle.begin("alice", CLIENT, 0);
    throttle.takeBack("alice", CLIENT, 0);
  }
  for (let i = 0; i < 4; i++) throttle.begin("alice", CLIENT, 0);
  t.is(throttle.waitMs("alice", CLIENT, 0), 0);
});

test("one failure is forgotten for each minute behind the wait", (t) => {
  const throttle = new Throttle();
  for (let i = 0; i < 5; i++) throttle.begin("alice", CLIENT, 0);
  // Waited for a second; then two minutes take two away.
  throttle.begin("alice", CLIENT, 121_000);
  t.is(throttle.waitMs("alice", CLIENT, 121_000), 0);
  throttle.begin("alice", CLIENT, 121_000);
  t.is(throttle.waitMs("alice", CLIENT, 121_000), 1_000);
});

test("a table that is full forgets who failed longest ago", (t) => {
  const throttle = new Throttle({ failures: 1, addressFailures: 1_000, entries: 2 });
  for (const name of ["a", "b", "a", "c"]) throttle.begin(name, CLIENT, 0);
  t.deepEqual(
    ["a", "b", "c"].map((name) => throttle.waitMs(name, CLIENT, 0) > 0),
    [true, false, true],
  );
});

test("clients without an address are one client", (t) => {
  const throttle = new Throttle();
  t.is(waitsOf(throttle, 5, "alice", undefined)[4], 1_000);
});

test("however attempts follow each other, nobody waits longer than the most, and none is negative", (t) => {
  const step = fc.record({
    do: fc.constantFrom("begin", "succeed", "takeBack"),
    name: fc.constantFrom("a", "b"),
    after: fc.nat({ max: 200_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const throttle = new Throttle({ mostDelaySeconds: 60, entries: 2 });
      let now = 0;
      for (const { do: what, name, after } of steps) {
        throttle[what as "begin"](name, CLIENT, (now += after));
        const wait = throttle.waitMs(name, CLIENT, now);
        if (wait < 0 || wait > 60_000) return false;
      }
      return true;
    }),
  );
  t.pass();
});

for (const [address, network] of [
  [undefined, ""],
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:2::6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::", "fe80:0:0:0::/64"],
] as const) {
  test(`${address ?? "no address"} counts as ${network === "" ? "the one without" : network}`, (t) => {
    t.is(networkOf(address), network);
  });
}
