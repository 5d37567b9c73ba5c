import test from "ava";
import { RateLimit } from "../../src/log/rate-limit.ts";

test("one line a second passes, and the next one says how many were held back", (t) => {
  const limit = new RateLimit();
  t.is(
    limit.pass(() => "a", 5_000),
    "a",
  );
  t.is(
    limit.pass(() => "b", 5_000),
    undefined,
  );
  t.is(
    limit.pass(() => "c", 5_999),
    undefined,
  );
  t.is(
    limit.pass(() => "d", 6_000),
    "d (and 2 more like it before)",
  );
  t.is(
    limit.pass(() => "e", 6_500),
    undefined,
  );
  t.is(
    limit.pass(() => "f", 9_000),
    "f (and 1 more like it before)",
  );
  t.is(
    limit.pass(() => "g", 10_000),
    "g",
  );
});

test("a line that is held back is not made", (t) => {
  const limit = new RateLimit();
  let made = 0;
  const makeLine = (): string => `line ${++made}`;
  limit.pass(makeLine, 0);
  limit.pass(makeLine, 999);
  t.is(made, 1);
  t.is(limit.pass(makeLine, 1_000), "line 2 (and 1 more like it before)");
});
