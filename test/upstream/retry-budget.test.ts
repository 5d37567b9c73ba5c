import test from "ava";
import fc from "fast-check";
import { RetryBudget } from "../../src/upstream/retry-budget.ts";

/** How many retries are allowed now. */
function takeAll(budget: RetryBudget, now: number): number {
  let taken = 0;
  while (taken < 100_000 && budget.take(now)) taken++;
  return taken;
}

test("a fifth of the requests of the last 10 s, and 10 a second beside", (t) => {
  const budget = new RetryBudget({ ratio: 0.2, minPerSecond: 10 });
  for (let i = 0; i < 1_000; i++) budget.note(50_000 + i);
  t.is(takeAll(budget, 51_000), 300);
  t.is(takeAll(budget, 51_500), 0);
});

test("requests and retries are forgotten after 10 s", (t) => {
  const budget = new RetryBudget({ ratio: 0.2, minPerSecond: 1 });
  for (let i = 0; i < 1_000; i++) budget.note(5_000);
  t.is(takeAll(budget, 5_000), 210);
  t.is(takeAll(budget, 14_999), 0);
  t.is(takeAll(budget, 15_000), 10);
});

test("a long silence leaves the least number", (t) => {
  const budget = new RetryBudget({ ratio: 1, minPerSecond: 2 });
  for (let i = 0; i < 50; i++) budget.note(1_000);
  t.is(takeAll(budget, 10_000_000), 20);
});

test("with nothing allowed nothing is taken", (t) => {
  const budget = new RetryBudget({ ratio: 0, minPerSecond: 0 });
  budget.note(0);
  t.false(budget.take(0));
});

test("over any time retries are no more than the share of the requests and the least number", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 3_000 }), fc.nat({ max: 20 })), { maxLength: 60 }),
      fc.constantFrom(0, 0.1, 0.5),
      (steps, ratio) => {
        const budget = new RetryBudget({ ratio, minPerSecond: 1 });
        let [now, requests, retries] = [0, 0, 0];
        for (const [pause, count] of steps) {
          now += pause;
          for (let i = 0; i < count; i++) budget.note(now);
          requests += count;
          retries += takeAll(budget, now);
        }
        // Ten seconds are looked back on, so the least number of ten seconds may be used at once.
        t.true(retries <= ratio * requests + now / 1_000 + 20);
      },
    ),
  );
});
