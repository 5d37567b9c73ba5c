import test from "ava";
import { defaultLimits, Sweeper } from "../../src/connection/index.ts";
import { Lingering } from "../../src/connection/lingering.ts";

interface Made {
  readonly lingering: Lingering;
  /** Lets time pass. */
  pass(ms: number): void;
}

function make(limits: { maxDrainBytes?: number; drainTimeoutMs?: number } = {}): Made {
  const sweeper = new Sweeper({ size: 1, all: () => [] });
  const pass = (ms: number): void => {
    for (let left = ms; left > 0; left -= 250) sweeper.sweep(Math.min(left, 250));
  };
  return { lingering: new Lingering({ ...defaultLimits, ...limits }, sweeper), pass };
}

test("as many bytes are thrown away as are allowed, in however many pieces, and not one more", (t) => {
  const { lingering } = make({ maxDrainBytes: 1_000 });
  t.deepEqual(
    [999, 1, 1].map((bytes) => lingering.allows(bytes)),
    [true, true, false],
  );
});

test("the next bytes of a body are waited for a second, each time anew", (t) => {
  const { lingering, pass } = make();
  t.is(lingering.bodyDeadline(), 1_000);
  pass(900);
  t.is(lingering.bodyDeadline(), 1_900);
});

test("all of a body is waited for no longer than drainTimeoutMs", (t) => {
  const { lingering, pass } = make({ drainTimeoutMs: 5_000 });
  lingering.bodyDeadline();
  pass(4_500);
  t.is(lingering.bodyDeadline(), 5_000);
});

test("the peer's close is waited for as long as drainTimeoutMs, from the call on", (t) => {
  const { lingering, pass } = make({ drainTimeoutMs: 5_000 });
  pass(1_000);
  t.is(lingering.closeDeadline(), 6_000);
});

test("a body that was waited for takes its time from that of the close, but for a second", (t) => {
  const { lingering, pass } = make({ drainTimeoutMs: 5_000 });
  lingering.bodyDeadline();
  pass(1_000);
  t.is(lingering.closeDeadline(), 5_000);
  pass(3_500);
  t.is(lingering.closeDeadline(), 5_500);
});
