import test from "ava";
import { FloodGate } from "../../../src/manager/output/flood-gate.ts";

const line = (text: string): { bytes: Buffer; part: number; goesOn: boolean } => ({
  bytes: Buffer.from(text),
  part: 0,
  goesOn: false,
});

/** How many of `count` lines pass at a time. */
function pass(gate: FloodGate, count: number, now: number, text = "x"): number {
  return Array.from({ length: count }, () => gate.admit(line(text), now)).filter(Boolean).length;
}

test("five seconds' lines pass at once, then nothing until there is room for a second's", (t) => {
  const gate = new FloodGate(10);
  t.is(pass(gate, 60, 0), 50);
  t.is(gate.takeCount(), 10);
  t.is(pass(gate, 1, 900), 0);
  t.is(pass(gate, 20, 1_000), 10);
  t.is(gate.takeCount(), 11);
  t.is(gate.takeCount(), 0);
  t.is(pass(gate, 100, 1_000_000), 50);
});

test("what comes no faster than it may is never kept back", (t) => {
  const gate = new FloodGate(10);
  for (let now = 0; now < 60_000; now += 100) t.true(gate.admit(line("x"), now));
  t.is(gate.takeCount(), 0);
});

test("a longer line counts for each KiB", (t) => {
  const gate = new FloodGate(10);
  t.is(pass(gate, 60, 0, "x".repeat(1_025)), 25);
});

test("the longest line passes by the smallest limit, and is paid for behind that", (t) => {
  const gate = new FloodGate(1);
  t.is(pass(gate, 2, 0, "x".repeat(16_384)), 1);
  t.is(pass(gate, 1, 11_000), 0);
  t.is(pass(gate, 1, 12_000), 1);
});

test("without a limit all pass", (t) => {
  t.is(pass(new FloodGate(Infinity), 100_000, 0), 100_000);
});

test("the last of what was kept back can be had, until something passes", (t) => {
  const gate = new FloodGate(1);
  pass(gate, 5, 0);
  const one = Buffer.from("one");
  gate.admit({ bytes: one, part: 2, goesOn: true }, 0);
  // The reader uses its memory again.
  one.fill("?");
  gate.admit(line("two"), 0);
  t.deepEqual(
    gate.takeLast().map(({ bytes, part, goesOn }) => ({ text: Buffer.from(bytes).toString(), part, goesOn })),
    [
      { text: "one", part: 2, goesOn: true },
      { text: "two", part: 0, goesOn: false },
    ],
  );
  t.deepEqual(gate.takeLast(), []);
  gate.admit(line("three"), 0);
  t.true(gate.admit(line("four"), 5_000));
  t.deepEqual(gate.takeLast(), []);
});

test("so many are kept as 32 KiB have room for, the empty ones as well", (t) => {
  const gate = new FloodGate(1);
  for (const text of ["", "x".repeat(1_000)]) {
    pass(gate, 5_000, 0, text);
    const kept = gate.takeLast();
    t.is(kept.length, Math.floor(32_768 / (text.length + 64)));
  }
});
