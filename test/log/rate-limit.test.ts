import test from "ava";
import { type Rate, RateLimit } from "../../src/log/rate-limit.ts";

/** A limit, and what it has written so far as `item+held back`. */
function limitOf(rate: Rate): { limit: RateLimit<string>; written: string[]; next: () => Promise<string> } {
  const written: string[] = [];
  let wake: (text: string) => void = () => {};
  const limit = new RateLimit<string>(rate, (item, heldBack) => {
    written.push(`${item}+${heldBack}`);
    wake(`${item}+${heldBack}`);
  });
  return {
    limit,
    written,
    next: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
  };
}

/** So long that its timer does not come during a test. */
const HOUR_MS = 3_600_000;

test("one item passes in an interval, and the next one knows how many were held back", (t) => {
  const { limit, written } = limitOf({ burst: 1, intervalMs: HOUR_MS });
  limit.offer("a", 0);
  limit.offer("b", 0);
  limit.offer("c", HOUR_MS - 1);
  t.deepEqual(written, ["a+0"]);
  limit.offer("d", HOUR_MS);
  t.deepEqual(written, ["a+0", "d+2"]);
  limit.offer("e", HOUR_MS + 1);
  limit.offer("f", 9 * HOUR_MS);
  limit.offer("g", 10 * HOUR_MS);
  t.deepEqual(written, ["a+0", "d+2", "f+1", "g+0"]);
});

test("a burst passes at once, then one in each interval, and a pause fills the burst again", (t) => {
  const { limit, written } = limitOf({ burst: 3, intervalMs: HOUR_MS });
  for (const item of ["a", "b", "c", "d"]) limit.offer(item, 0);
  t.deepEqual(written, ["a+0", "b+0", "c+0"]);
  limit.offer("e", HOUR_MS);
  limit.offer("f", HOUR_MS);
  t.deepEqual(written.slice(3), ["e+1"]);
  limit.flush();
  for (const item of ["g", "h", "i", "j"]) limit.offer(item, 100 * HOUR_MS);
  t.deepEqual(written.slice(4), ["f+0", "g+0", "h+0", "i+0"]);
  limit.flush();
});

test("the latest of those held back is written when its time has come, though nothing follows", async (t) => {
  const { limit, written, next } = limitOf({ burst: 1, intervalMs: 20 });
  const now = performance.now();
  for (const item of ["a", "b", "c", "d"]) limit.offer(item, now);
  t.deepEqual(written, ["a+0"]);
  // The timer does not keep a process alive; here something must.
  const alive = setInterval(() => {}, 1_000);
  t.is(await next(), "d+2");
  clearInterval(alive);
});

test("a flush writes what is held back at once and only once", (t) => {
  const { limit, written } = limitOf({ burst: 1, intervalMs: HOUR_MS });
  for (const item of ["a", "b", "c"]) limit.offer(item, 0);
  limit.flush();
  limit.flush();
  t.deepEqual(written, ["a+0", "c+1"]);
});
