import test from "ava";
import fc from "fast-check";
import {
  afterFailure,
  delayOf,
  type Failures,
  isTroubled,
  noFailures,
  noFreeFailures,
  startsAt,
  troubleEndsAt,
} from "../src/throttle.ts";

function failing(times: number): Failures {
  let failures = noFailures;
  for (let n = 0; n < times; n++) failures = afterFailure(failures, 1_000);
  return failures;
}

test("without failures nothing is held up", (t) => {
  t.false(isTroubled(noFailures, 0));
  t.is(startsAt(noFailures), 0);
});

test("five failures have no delay, those after them 1, 2, 4, 8, 16 and 30 s", (t) => {
  const delays = [1, 5, 6, 7, 8, 9, 10, 11, 12, 1_000].map((times) => startsAt(failing(times)) - 1_000);
  t.deepEqual(delays, [0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test("where none is free the first failure has a delay already, and so has the first of another streak", (t) => {
  let failures = noFreeFailures;
  const delays = [0, 1, 2, 3, 4, 5, 6].map(() => delayOf((failures = afterFailure(failures, 1_000))));
  t.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  t.is(delayOf(afterFailure(failures, 1_000 + 30_000 + 9_999)), 30_000);
  t.is(delayOf(afterFailure(failures, 1_000 + 30_000 + 10_000)), 1_000);
});

test("a streak ends when no failure has come for 10 s beyond the delay", (t) => {
  const failures = failing(7);
  t.is(troubleEndsAt(failures), 13_000);
  t.true(isTroubled(failures, 12_999));
  t.false(isTroubled(failures, 13_000));
  t.deepEqual(afterFailure(failures, 12_999), { streak: 8, at: 12_999 });
  t.deepEqual(afterFailure(failures, 13_000), { streak: 1, at: 13_000 });
});

test("the time that a start took to fail does not end a streak", (t) => {
  t.deepEqual(afterFailure(failing(7), 60_000, 3_000), { streak: 8, at: 60_000 });
  t.deepEqual(afterFailure(failing(7), 60_000, 13_000), { streak: 1, at: 60_000 });
});

test("whatever fails, no delay is longer than 30 s, and a streak ends at last", (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 60_000 }), { minLength: 1 }), (pauses) => {
      let failures = noFailures;
      let now = 0;
      for (const pause of pauses) failures = afterFailure(failures, (now += pause));
      t.true(startsAt(failures) - now <= 30_000);
      t.false(isTroubled(failures, now + 40_000));
    }),
  );
});
