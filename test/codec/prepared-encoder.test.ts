import test from "ava";
import fc from "fast-check";
import { encodePacket, prepareEncoder, type Text } from "../../src/codec/index.ts";
import { readVector } from "../helpers/vectors.ts";
import { faultOf, hex, latin1, wire } from "../helpers/wire.ts";

const { vars: browserVars = [], packet: browserPacket } = readVector("nginx/tcp-get-browser");
const names = browserVars.map(([name]) => name);
const values = browserVars.map(([, value]) => value);

test("a prepared encoder writes what encodePacket writes", (t) => {
  t.is(hex(prepareEncoder({ names }).encode(values)), hex(browserPacket));
});

test("a prepared encoder may be used again with other values", (t) => {
  const encoder = prepareEncoder({ modifier1: 30, modifier2: 2, names: ["A", "B"] });
  for (const [a, b] of [
    ["1", "2"],
    ["", "x".repeat(300)],
    ["\xff", ""],
  ] as const) {
    t.is(hex(encoder.encode([a, b])), hex(encodePacket({ modifier1: 30, modifier2: 2, vars: { A: a, B: b } })));
  }
});

test("prepared encoders do not disturb each other", (t) => {
  const [one, two] = [prepareEncoder({ names: ["ONE"] }), prepareEncoder({ names: ["SECOND", "THIRD"] })];
  two.encode(["1", "2"]);
  t.is(hex(one.encode(["x"])), hex(encodePacket({ vars: { ONE: "x" } })));
});

test("a prepared encoder of no names writes an empty packet", (t) => {
  t.is(hex(prepareEncoder({ names: [] }).encode([])), "00 00 00 00");
});

test("names and values of a prepared encoder may be bytes", (t) => {
  t.is(hex(prepareEncoder({ names: [latin1("A")] }).encode([latin1("B")])), hex(encodePacket({ vars: { A: "B" } })));
});

test("names of a prepared encoder are kept when the caller changes them", (t) => {
  const name = latin1("A");
  const encoder = prepareEncoder({ names: [name] });
  name[0] = 0x58;
  t.is(hex(encoder.encode(["B"])), hex(encodePacket({ vars: { A: "B" } })));
});

test("a prepared encoder writes into a target at an offset", (t) => {
  const target = new Uint8Array(14).fill(0xee);
  const written = prepareEncoder({ names: ["A"] }).encode(["B"], target, 2);
  t.is(written.byteOffset, 2);
  t.is(hex(target), hex(wire('EE EE 00 06 00 00 01 00 "A" 01 00 "B" EE EE')));
});

for (const given of [[], ["1"], ["1", "2", "3"]]) {
  test(`a prepared encoder of 2 names refuses ${given.length} values`, (t) => {
    t.deepEqual(
      faultOf(() => prepareEncoder({ names: ["A", "B"] }).encode(given)),
      {
        name: "TypeError",
        code: "UWSGI_INVALID_ARGUMENT",
        message: `${given.length} values for 2 prepared names`,
      },
    );
  });
}

test("a prepared encoder refuses the first byte too much, in a value and in a name", (t) => {
  const target = new Uint8Array(70_000);
  const encoder = prepareEncoder({ names: ["A", "B"] });
  t.is(encoder.encode(["x".repeat(65_535 - 10), ""]).length, 65_539);
  t.is(faultOf(() => encoder.encode(["x".repeat(65_535 - 9), ""], target))?.code, "UWSGI_PACKET_TOO_LARGE");
  t.is(faultOf(() => encoder.encode(["x".repeat(65_535 - 5), ""], target))?.code, "UWSGI_PACKET_TOO_LARGE");
  t.true(target.every((byte) => byte === 0));
});

test("a prepared encoder refuses values that are not latin-1, and the target stays as it was", (t) => {
  const target = new Uint8Array(100);
  t.is(faultOf(() => prepareEncoder({ names: ["A"] }).encode(["€"], target))?.code, "UWSGI_NOT_LATIN1");
  t.true(target.every((byte) => byte === 0));
});

test("a prepared encoder refuses a target that is too small", (t) => {
  t.is(
    faultOf(() => prepareEncoder({ names: ["A"] }).encode(["B"], new Uint8Array(9)))?.code,
    "UWSGI_BUFFER_TOO_SMALL",
  );
});

test("preparing refuses empty names", (t) => {
  t.is(faultOf(() => prepareEncoder({ names: ["A", ""] }))?.code, "UWSGI_INVALID_ARGUMENT");
});

test("preparing refuses names that are not latin-1", (t) => {
  t.is(faultOf(() => prepareEncoder({ names: ["€"] }))?.code, "UWSGI_NOT_LATIN1");
});

test("preparing refuses impossible modifiers", (t) => {
  t.is(faultOf(() => prepareEncoder({ modifier1: 256, names: [] }))?.code, "UWSGI_INVALID_ARGUMENT");
});

// Values that repeat

/** Encodes the same values often enough that they are kept. */
function repeat(encoder: ReturnType<typeof prepareEncoder>, same: readonly Text[]): void {
  for (let i = 0; i < 100; i++) encoder.encode(same);
}

test("whatever repeats and whatever changes, a prepared encoder writes what encodePacket writes", (t) => {
  const value = fc.constantFrom("", "a", "b", "a value of some length", "x".repeat(130), "\xff", latin1("bytes"));
  const period = fc.record({
    times: fc.integer({ min: 1, max: 120 }),
    given: fc.array(value, { minLength: 6, maxLength: 6 }),
  });
  const prepared = ["A", "BB", "CCC", "D", "E", "F"];
  fc.assert(
    fc.property(fc.array(period, { maxLength: 8 }), fc.integer({ min: 0, max: 5 }), (periods, restless) => {
      const encoder = prepareEncoder({ names: prepared });
      for (const { times, given } of periods) {
        for (let i = 0; i < times; i++) {
          const now = given.with(restless, `${i}`);
          const expected = encodePacket({ vars: prepared.map((name, at) => [name, now[at] ?? ""] as const) });
          t.is(hex(encoder.encode(now)), hex(expected));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("bytes that repeat are read anew each time: they may have changed", (t) => {
  const bytes = latin1("old");
  const encoder = prepareEncoder({ names: ["A"] });
  repeat(encoder, [bytes]);
  bytes.set(latin1("new"));
  t.is(hex(encoder.encode([bytes])), hex(encodePacket({ vars: { A: "new" } })));
});

test("a value that repeated is refused as any other when it is no latin-1, and does no harm", (t) => {
  const encoder = prepareEncoder({ names: ["A", "B", "C"] });
  repeat(encoder, ["1", "2", "3"]);
  t.is(faultOf(() => encoder.encode(["1", "€", "3"]))?.code, "UWSGI_NOT_LATIN1");
  t.is(hex(encoder.encode(["1", "2", "3"])), hex(encodePacket({ vars: { A: "1", B: "2", C: "3" } })));
});

test("what is no text is refused where text repeated", (t) => {
  const encoder = prepareEncoder({ names: ["A"] });
  repeat(encoder, ["1"]);
  t.is(faultOf(() => encoder.encode([1 as unknown as string]))?.code, "UWSGI_INVALID_ARGUMENT");
  t.is(faultOf(() => encoder.encode([undefined as unknown as string]))?.code, "UWSGI_INVALID_ARGUMENT");
});

test("values that repeat count for the size of a packet", (t) => {
  const encoder = prepareEncoder({ names: ["A", "B", "C"] });
  repeat(encoder, ["x".repeat(40_000), "", "y".repeat(20_000)]);
  t.is(
    faultOf(() => encoder.encode(["x".repeat(40_000), "z".repeat(6_000), "y".repeat(20_000)]))?.code,
    "UWSGI_PACKET_TOO_LARGE",
  );
  t.is(faultOf(() => encoder.encode(["z".repeat(46_000), "", "y".repeat(20_000)]))?.code, "UWSGI_PACKET_TOO_LARGE");
});
