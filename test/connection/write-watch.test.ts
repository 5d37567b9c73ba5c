import test from "ava";
import { WriteWatch } from "../../src/connection/write-watch.ts";

test("a peer that takes nothing is due at the deadline, and not before", (t) => {
  const watch = new WriteWatch(60_000);
  t.false(watch.isDue(59_999, 0, 60_000));
  t.true(watch.isDue(60_000, 0, 60_000));
});

test("each look that finds fewer bytes unsent gives the whole time again", (t) => {
  const watch = new WriteWatch(1_000);
  for (let now = 900, unsent = 100; unsent > 0; now += 900, unsent--) t.false(watch.isDue(now, unsent, 1_000));
});

test("a peer that has taken some, and then takes nothing, is due a whole time behind the last that it took", (t) => {
  const watch = new WriteWatch(1_000);
  t.false(watch.isDue(500, 70, 1_000));
  t.false(watch.isDue(1_499, 70, 1_000));
  t.true(watch.isDue(1_500, 70, 1_000));
});

test("more that was written is a change as well: whoever can write has room", (t) => {
  const watch = new WriteWatch(1_000);
  t.false(watch.isDue(900, 100, 1_000));
  t.false(watch.isDue(1_800, 200, 1_000));
});

test("an infinite time is never due", (t) => {
  const watch = new WriteWatch(Number.POSITIVE_INFINITY);
  t.false(watch.isDue(Number.MAX_SAFE_INTEGER, 0, Number.POSITIVE_INFINITY));
});

test("all who wait are told of the end by one promise", async (t) => {
  const watch = new WriteWatch(0);
  t.false(watch.isAwaited);
  const { ended } = watch;
  t.is(watch.ended, ended);
  t.true(watch.isAwaited);
  watch.end();
  t.is(await ended, undefined);
});

test("who waits is told of a failure; where nobody waits it reaches nobody", async (t) => {
  const error = new Error("broken");
  const watch = new WriteWatch(0);
  const waiting = t.throwsAsync(watch.ended, { is: error });
  watch.fail(error);
  await waiting;
  new WriteWatch(0).fail(error);
  // An unhandled rejection would fail the run.
  await new Promise(setImmediate);
});
