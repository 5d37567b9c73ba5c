import test from "ava";
import fc from "fast-check";
import { decodePacket, encodePacket, type Packet, rewritePacket, type VarChanges } from "../../src/codec/index.ts";
import { faultOf, hex, packetOf, varsBlock } from "../helpers/wire.ts";
import type { Pair } from "../helpers/vectors.ts";

const PAIRS: readonly Pair[] = [
  ["REQUEST_METHOD", "GET"],
  ["HTTP_X", "1"],
  ["PATH_INFO", "/a"],
  ["HTTP_X", "2"],
  ["EMPTY", ""],
];

function packetWith(pairs: readonly Pair[], modifier1 = 0, modifier2 = 0): Packet {
  return decodePacket(packetOf(varsBlock(pairs), modifier1, modifier2)) as Packet;
}

function rewritten(pairs: readonly Pair[], vars: VarChanges): [string, string][] {
  return [...(decodePacket(rewritePacket(packetWith(pairs), { vars })) as Packet).vars];
}

test("new modifiers are bytes 0 and 3, all else stays", (t) => {
  const bytes = packetOf(varsBlock(PAIRS), 5, 9);
  const expected = bytes.slice();
  expected[0] = 7;
  expected[3] = 1;
  const packet = decodePacket(bytes) as Packet;
  t.is(hex(rewritePacket(packet, { modifier1: 7, modifier2: 1 })), hex(expected));
  t.is(hex(packet.raw), hex(packetOf(varsBlock(PAIRS), 5, 9)), "the packet itself is not written to");
});

test("modifiers are replaced whatever the payload is", (t) => {
  const packet = decodePacket(packetOf(new Uint8Array([1, 2, 3, 4, 5]), 101)) as Packet;
  t.is(hex(rewritePacket(packet, { modifier1: 100, modifier2: 2 })), "64 05 00 02 01 02 03 04 05");
});

test("where nothing changes the packet's own bytes are the answer", (t) => {
  const packet = packetWith(PAIRS, 5, 9);
  for (const rewrite of [{}, { modifier1: 5, modifier2: 9 }, { vars: new Map([["NONE", undefined]]) }]) {
    t.is(rewritePacket(packet, rewrite).buffer, packet.raw.buffer);
    t.deepEqual(rewritePacket(packet, rewrite), packet.raw);
  }
});

for (const [rule, changes, expected] of [
  [
    "a value is set in the place of the first, and the others of that name go",
    [["HTTP_X", "new"]],
    [
      ["REQUEST_METHOD", "GET"],
      ["HTTP_X", "new"],
      ["PATH_INFO", "/a"],
      ["EMPTY", ""],
    ],
  ],
  [
    "all vars of a name are removed",
    [["HTTP_X", undefined]],
    [
      ["REQUEST_METHOD", "GET"],
      ["PATH_INFO", "/a"],
      ["EMPTY", ""],
    ],
  ],
  [
    "what is not there is added at the end, in the order given",
    [
      ["B", "2"],
      ["A", ""],
    ],
    [...PAIRS, ["B", "2"], ["A", ""]],
  ],
  [
    "the first and the last are changed like all others",
    [
      ["REQUEST_METHOD", undefined],
      ["EMPTY", "full"],
    ],
    [
      ["HTTP_X", "1"],
      ["PATH_INFO", "/a"],
      ["HTTP_X", "2"],
      ["EMPTY", "full"],
    ],
  ],
] as const) {
  test(rule, (t) => {
    t.deepEqual(
      rewritten(PAIRS, new Map(changes as readonly (readonly [string, string | undefined])[])),
      expected as never,
    );
  });
}

test("a block without vars takes some, and one may lose all", (t) => {
  t.deepEqual(rewritten([], new Map([["A", "1"]])), [["A", "1"]]);
  t.deepEqual(rewritten([["A", "1"]], new Map([["A", undefined]])), []);
});

test("65 535 bytes are the most that vars become, one more is refused before anything is written", (t) => {
  const room = 65_535 - varsBlock(PAIRS).length - 5;
  const most = rewritePacket(packetWith(PAIRS), { vars: new Map([["A", "x".repeat(room)]]) });
  t.is(most.length, 4 + 65_535);
  const fault = faultOf(() => rewritePacket(packetWith(PAIRS), { vars: new Map([["A", "x".repeat(room + 1)]]) }));
  t.like(fault, { name: "RangeError", code: "UWSGI_PACKET_TOO_LARGE" });
});

for (const [what, rewrite, code] of [
  ["a modifier that no byte holds", { modifier1: 256 }, "UWSGI_INVALID_ARGUMENT"],
  ["an empty name", { vars: new Map([["", "x"]]) }, "UWSGI_INVALID_ARGUMENT"],
  ["a value that is not latin-1", { vars: new Map([["A", "\u0100"]]) }, "UWSGI_NOT_LATIN1"],
] as const) {
  test(`${what} is refused`, (t) => {
    t.is(faultOf(() => rewritePacket(packetWith(PAIRS), rewrite))?.code, code);
  });
}

const name = fc.constantFrom("A", "B", "HTTP_X", "PATH_INFO", "SCRIPT_NAME", "\u00ff");
const value = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 300,
});
const pair = fc.tuple(name, value);

test("any packet and any changes give what a plain list of pairs gives, and untouched pairs keep their bytes", (t) => {
  fc.assert(
    fc.property(
      fc.array(pair, { maxLength: 12 }),
      fc.array(fc.tuple(name, fc.option(value, { nil: undefined })), { maxLength: 4 }),
      fc.integer({ min: 0, max: 255 }),
      (pairs, changed, modifier) => {
        const changes = new Map(changed);
        // Behind other bytes: offsets must not count from the buffer's start.
        const bytes = encodePacket({ vars: pairs }, new Uint8Array(20_000), 13);
        const packet = decodePacket(bytes) as Packet;
        const out = rewritePacket(packet, { modifier1: modifier, vars: changes });
        t.is(hex(out), hex(packetOf(varsBlock(changedPairs(pairs, changes)), modifier, 0)));
      },
    ),
    { numRuns: 500 },
  );
});

/** The rule once more, over pairs. */
function changedPairs(pairs: readonly Pair[], changes: VarChanges): Pair[] {
  const out: Pair[] = [];
  const seen = new Set<string>();
  for (const [key, old] of pairs) {
    if (!changes.has(key)) out.push([key, old]);
    else if (!seen.has(key)) {
      seen.add(key);
      const next = changes.get(key);
      if (next !== undefined) out.push([key, next]);
    }
  }
  for (const [key, next] of changes) if (!seen.has(key) && next !== undefined) out.push([key, next]);
  return out;
}
