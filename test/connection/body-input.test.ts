import test from "ava";
import { BodyInput } from "../../src/connection/body-input.ts";

const MINUTE = 60_000;

/** An input that somebody waits at, from `now` on. */
function waited(now: number): BodyInput {
  const input = new BodyInput({ pause() {}, resume() {} });
  void input.read().catch(() => {});
  input.wait(now);
  return input;
}

test("nobody is too slow in the first minute, whatever has come", (t) => {
  t.false(waited(0).isTooSlow(MINUTE, 0, 1_024));
});

test("behind it the rate is that of all bytes over all time that was waited", (t) => {
  const input = waited(0);
  t.true(input.isTooSlow(MINUTE + 1_000, 61 * 1_024 - 1, 1_024));
  t.false(input.isTooSlow(MINUTE + 1_000, 61 * 1_024, 1_024));
});

test("time in which nobody waits does not count", (t) => {
  const input = waited(0);
  input.go(1_000);
  input.push(new Uint8Array(1));
  t.false(input.isTooSlow(100 * MINUTE, 1, 1_024));
  void input.read().catch(() => {});
  input.wait(100 * MINUTE);
  t.false(input.isTooSlow(100 * MINUTE + 58_000, 1, 1_024));
  t.true(input.isTooSlow(100 * MINUTE + 60_000, 1, 1_024));
});

test("a rate of 0 is never too slow", (t) => {
  t.false(waited(0).isTooSlow(100 * MINUTE, 0, 0));
});

test("all that lies unread is taken at once, in its order, and nothing is left", (t) => {
  const input = new BodyInput({ pause() {}, resume() {} });
  const chunks = [Uint8Array.of(1), Uint8Array.of(2, 3)];
  for (const chunk of chunks) input.push(chunk);
  t.deepEqual(input.take(), chunks);
  t.deepEqual(input.take(), []);
});
