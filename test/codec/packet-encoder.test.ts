import test from "ava";
import { decodePacket, describeBytes, encodePacket, type PacketInit, type Text } from "../../src/codec/index.ts";
import { type Pair, readVector } from "../helpers/vectors.ts";
import { concat, type Fault, faultOf, hex, latin1, packetOf, varsBlock, wire } from "../helpers/wire.ts";

// The byte-exact examples of the families

const examples: [what: string, init: PacketInit, notation: string][] = [
  ["one pair", { vars: { A: "B" } }, '00 06 00 00 01 00 "A" 01 00 "B"'],
  ["a pair with an empty value", { vars: { ABCD: "" } }, '00 08 00 00 04 00 "ABCD" 00 00'],
  ["a ping", { modifier1: 100 }, "64 00 00 00"],
  ["a pong", { modifier1: 100, modifier2: 1 }, "64 00 00 01"],
  ["a pong with a warning", { modifier1: 100, modifier2: 1, payload: "disk" }, '64 04 00 01 "disk"'],
  ["signal 5", { modifier1: 110, modifier2: 5 }, "6e 00 00 05"],
  ["the answer to a signal", { modifier1: 255, modifier2: 1 }, "ff 00 00 01"],
  ["a spooler task", { modifier1: 17, vars: { a: "b" } }, '11 06 00 00 01 00 "a" 01 00 "b"'],
  ["a call with one argument", { modifier1: 173, items: ["hello", "x"] }, 'ad 0a 00 00 05 00 "hello" 01 00 "x"'],
  ["a short reply to a call", { modifier1: 173, payload: "abc" }, 'ad 03 00 00 "abc"'],
  [
    "the head of a long reply to a call",
    { modifier1: 173, modifier2: 5, vars: { CONTENT_LENGTH: "70000" } },
    'ad 17 00 05 0e 00 "CONTENT_LENGTH" 05 00 "70000"',
  ],
  [
    "a cache request",
    { modifier1: 111, modifier2: 17, vars: { cmd: "get", key: "k1" } },
    '6f 13 00 11 03 00 "cmd" 03 00 "get" 03 00 "key" 02 00 "k1"',
  ],
  ["no payload at all", {}, "00 00 00 00"],
  ["an empty item", { modifier1: 173, items: ["", "x", ""] }, 'ad 07 00 00 00 00 01 00 "x" 00 00'],
];

for (const [what, init, notation] of examples) {
  test(`example: ${what}`, (t) => {
    t.is(hex(encodePacket(init)), hex(wire(notation)));
  });
}

for (const name of ["subscription", "spool-task", "cache-magic-set", "minimal-get"]) {
  test(`what uWSGI sends or reads is written byte for byte: ${name}`, (t) => {
    const { packet, vars = [], header } = readVector(`families/${name}`);
    t.is(hex(encodePacket({ ...header, vars })), hex(packet));
  });
}

test("modifiers are 0 unless given", (t) => {
  t.like(decodePacket(encodePacket({ vars: { A: "1" } })), { modifier1: 0, modifier2: 0 });
});

test("a length of 256 and more is written little-endian", (t) => {
  const packet = encodePacket({ vars: { A: "x".repeat(513) } });
  t.is(hex(packet.subarray(0, 9)), hex(wire('00 06 02 00 01 00 "A" 01 02')));
});

// Kinds of input

const pairs: Pair[] = [
  ["HTTP_X", "1"],
  ["A", ""],
  ["HTTP_X", "2"],
];

test("vars may be a list of pairs, duplicates are sent as they come", (t) => {
  t.is(hex(encodePacket({ vars: pairs })), hex(packetOf(varsBlock(pairs))));
});

test("vars may be an object", (t) => {
  t.is(
    hex(encodePacket({ vars: { B: "1", A: "2" } })),
    hex(
      packetOf(
        varsBlock([
          ["B", "1"],
          ["A", "2"],
        ]),
      ),
    ),
  );
});

test("what an object inherits is not sent", (t) => {
  const vars = Object.assign(Object.create({ INHERITED: "1" }) as { [name: string]: string }, { OWN: "2" });
  t.is(hex(encodePacket({ vars })), hex(packetOf(varsBlock([["OWN", "2"]]))));
});

test("vars may be a map", (t) => {
  t.is(
    hex(
      encodePacket({
        vars: new Map([
          ["A", "1"],
          ["B", ""],
        ]),
      }),
    ),
    hex(
      packetOf(
        varsBlock([
          ["A", "1"],
          ["B", ""],
        ]),
      ),
    ),
  );
});

test("vars may come from any iterator", (t) => {
  t.is(hex(encodePacket({ vars: pairs.values() })), hex(packetOf(varsBlock(pairs))));
});

test("vars may be those of a decoded packet", (t) => {
  const { packet } = readVector("nginx/tcp-headers-repeated");
  t.is(hex(encodePacket({ vars: decodePacket(packet)?.vars ?? [] })), hex(packet));
});

test("names and values may be bytes, which are sent as they are", (t) => {
  const vars: [Text, Text][] = [[latin1("PATH_INFO"), new Uint8Array([0x2f, 0xff, 0x00])]];
  t.is(hex(encodePacket({ vars })), hex(packetOf(varsBlock([["PATH_INFO", "/\xff\x00"]]))));
});

test("names and values may be buffers", (t) => {
  const vars: [Text, Text][] = [[Buffer.from("A"), Buffer.from("é")]];
  t.is(hex(encodePacket({ vars })), hex(packetOf(varsBlock([["A", "\xc3\xa9"]]))));
});

test("items may be strings and bytes", (t) => {
  const items = ["a", latin1("bc"), "\xff"];
  t.is(hex(encodePacket({ items })), hex(wire('00 0a 00 00 01 00 "a" 02 00 "bc" 01 00 FF')));
});

test("payload may be bytes or a string", (t) => {
  t.deepEqual(encodePacket({ payload: "a\xff" }), encodePacket({ payload: new Uint8Array([0x61, 0xff]) }));
});

test("a string of all latin-1 characters is written one byte each", (t) => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  t.is(hex(encodePacket({ payload: all }).subarray(4)), hex(Uint8Array.from({ length: 256 }, (_, code) => code)));
});

test("strings of all lengths from 0 to 300 are written as they are", (t) => {
  const values = Array.from({ length: 301 }, (_, length) => "\xe9\x00a".repeat(100).slice(0, length));
  t.deepEqual(
    values.map((payload) => hex(encodePacket({ payload }).subarray(4))),
    values.map((value) => hex(latin1(value))),
  );
});

test("each result is its own: a later packet does not change it", (t) => {
  const first = encodePacket({ vars: { A: "1" } });
  const before = hex(first);
  encodePacket({ vars: { B: "another" } });
  t.is(hex(first), before);
});

test("what is returned has exactly the bytes of the packet", (t) => {
  t.is(encodePacket({ payload: "abc" }).length, 7);
});

// Other packets written meanwhile

function* varsWithAPacketBetween(): Generator<Pair> {
  yield ["A", "first value"];
  encodePacket({ vars: { OTHER: "written in between" } });
  yield ["B", "2"];
}

test("a generator of vars may encode another packet while it runs", (t) => {
  t.is(
    hex(encodePacket({ vars: varsWithAPacketBetween() })),
    hex(
      packetOf(
        varsBlock([
          ["A", "first value"],
          ["B", "2"],
        ]),
      ),
    ),
  );
});

function* itemsWithAPacket(): Generator<Text> {
  yield "first";
  yield encodePacket({ vars: { A: "1" } });
}

test("an item may be a packet that is encoded when its turn comes", (t) => {
  t.is(
    hex(encodePacket({ items: itemsWithAPacket() })),
    hex(packetOf(concat([wire('05 00 "first" 0a 00'), packetOf(varsBlock([["A", "1"]]))]))),
  );
});

test("a getter of an object of vars may encode another packet", (t) => {
  const vars = {
    A: "first value",
    get B() {
      encodePacket({ vars: { OTHER: "written in between" } });
      return "2";
    },
  };
  t.is(
    hex(encodePacket({ vars })),
    hex(
      packetOf(
        varsBlock([
          ["A", "first value"],
          ["B", "2"],
        ]),
      ),
    ),
  );
});

// A buffer of the caller's

test("a packet is written into the target at the offset, and nowhere else", (t) => {
  const target = new Uint8Array(20).fill(0xee);
  const written = encodePacket({ vars: { A: "B" } }, target, 5);
  t.is(written.buffer, target.buffer);
  t.is(written.byteOffset, target.byteOffset + 5);
  t.is(
    hex(target),
    hex(concat([wire("EE EE EE EE EE"), wire('00 06 00 00 01 00 "A" 01 00 "B"'), wire("EE EE EE EE EE")])),
  );
});

test("the offset is 0 unless given", (t) => {
  t.is(encodePacket({ modifier1: 100 }, new Uint8Array(8)).byteOffset, 0);
});

test("a target that is a part of a larger buffer is written at its own offset", (t) => {
  const whole = new Uint8Array(16);
  encodePacket({ modifier1: 100, modifier2: 1 }, whole.subarray(4, 12), 2);
  t.is(hex(whole), hex(wire("00 00 00 00 00 00 64 00 00 01 00 00 00 00 00 00")));
});

test("a packet may fill its target to the last byte", (t) => {
  t.is(encodePacket({ payload: "abc" }, new Uint8Array(9), 2).byteLength, 7);
});

test("a target one byte too small is refused and stays as it was", (t) => {
  const target = new Uint8Array(8).fill(0xee);
  t.deepEqual(
    faultOf(() => encodePacket({ payload: "abc" }, target, 2)),
    {
      name: "RangeError",
      code: "UWSGI_BUFFER_TOO_SMALL",
      message: "packet of 7 bytes at offset 2 does not fit a buffer of 8 bytes",
    },
  );
  t.is(hex(target), hex(new Uint8Array(8).fill(0xee)));
});

for (const offset of [-1, 0.5, Number.NaN, 9, Number.POSITIVE_INFINITY]) {
  test(`an offset of ${offset} in a buffer of 8 bytes is refused`, (t) => {
    t.is(faultOf(() => encodePacket({}, new Uint8Array(8), offset))?.code, "UWSGI_BUFFER_TOO_SMALL");
  });
}

// Sizes

test("65 535 bytes of payload exactly fit", (t) => {
  const packet = encodePacket({ payload: new Uint8Array(65_535).fill(1) });
  t.is(packet.length, 65_539);
  t.is(hex(packet.subarray(0, 4)), "00 ff ff 00");
});

test("65 535 bytes of vars exactly fit", (t) => {
  const value = "x".repeat(65_535 - 5);
  const packet = decodePacket(encodePacket({ vars: { A: value } }));
  t.is(packet?.datasize, 65_535);
  t.is(packet?.vars.get("A"), value);
});

test("13 107 vars of 5 bytes exactly fit", (t) => {
  const vars = Array.from({ length: 13_107 }, (): Pair => ["A", ""]);
  t.is(encodePacket({ vars }).length, 65_539);
  t.is(faultOf(() => encodePacket({ vars: [...vars, ["A", ""]] }))?.code, "UWSGI_PACKET_TOO_LARGE");
});

const byteTooMuch: [what: string, init: PacketInit][] = [
  ["a payload", { payload: new Uint8Array(65_536) }],
  ["a payload that is a string", { payload: "x".repeat(65_536) }],
  ["a value", { vars: { A: "x".repeat(65_535 - 4) } }],
  ["a name", { vars: { ["x".repeat(65_535 - 3)]: "" } }],
  ["many vars", { vars: Array.from({ length: 13_107 }, (_, i): Pair => ["A", i === 0 ? "1" : ""]) }],
  ["an item", { items: ["x".repeat(65_534)] }],
  ["an empty item behind a full packet", { items: ["x".repeat(65_533), ""] }],
];

for (const [what, init] of byteTooMuch) {
  test(`one byte too much is refused, never wrapped: ${what}`, (t) => {
    const target = new Uint8Array(100_000);
    const fault = faultOf(() => encodePacket(init, target));
    t.like(fault, { name: "RangeError", code: "UWSGI_PACKET_TOO_LARGE" });
    t.regex(fault?.message ?? "", /^payload of at least \d+ bytes, at most 65535 fit a packet$/);
    t.true(target.every((byte) => byte === 0));
  });
}

test("a payload that would wrap to a small one modulo 65 536 is refused", (t) => {
  t.is(
    faultOf(() => encodePacket({ payload: new Uint8Array(65_536 + 10) }))?.message,
    "payload of at least 65546 bytes, at most 65535 fit a packet",
  );
});

// Refusals

const refusals: [rule: string, init: unknown, fault: Fault][] = [
  [
    "a character above U+00FF in a value",
    { vars: { A: "abc€" } },
    {
      name: "TypeError",
      code: "UWSGI_NOT_LATIN1",
      message: "string has U+20AC at index 3; allowed are U+0000 to U+00FF: encode the text first and pass its bytes",
    },
  ],
  [
    "a character above U+00FF in a name",
    { vars: { "\u0100": "" } },
    {
      name: "TypeError",
      code: "UWSGI_NOT_LATIN1",
      message: "string has U+0100 at index 0; allowed are U+0000 to U+00FF: encode the text first and pass its bytes",
    },
  ],
  [
    "a character above U+00FF in a long payload",
    { payload: `${"x".repeat(5_000)}\u{1f600}` },
    {
      name: "TypeError",
      code: "UWSGI_NOT_LATIN1",
      message:
        "string has U+D83D at index 5000; allowed are U+0000 to U+00FF: encode the text first and pass its bytes",
    },
  ],
  [
    "an empty name",
    {
      vars: [
        ["A", "1"],
        ["", "2"],
      ],
    },
    {
      name: "TypeError",
      code: "UWSGI_INVALID_ARGUMENT",
      message: "a var has an empty name, at least 1 byte is needed",
    },
  ],
  [
    "a number as a value",
    { vars: { A: 5 } },
    { name: "TypeError", code: "UWSGI_INVALID_ARGUMENT", message: "expected a string or a Uint8Array, got number" },
  ],
  [
    "a number as a name",
    { vars: [[5, "A"]] },
    { name: "TypeError", code: "UWSGI_INVALID_ARGUMENT", message: "expected a string or a Uint8Array, got number" },
  ],
  [
    "undefined as a value",
    { vars: { A: undefined } },
    { name: "TypeError", code: "UWSGI_INVALID_ARGUMENT", message: "expected a string or a Uint8Array, got undefined" },
  ],
  [
    "null as a payload",
    { payload: null },
    { name: "TypeError", code: "UWSGI_INVALID_ARGUMENT", message: "expected a string or a Uint8Array, got null" },
  ],
  [
    "an array as an item",
    { items: [["a"]] },
    { name: "TypeError", code: "UWSGI_INVALID_ARGUMENT", message: "expected a string or a Uint8Array, got Array" },
  ],
  [
    "other typed arrays, whose bytes nobody named",
    { payload: new Uint16Array(2) },
    {
      name: "TypeError",
      code: "UWSGI_INVALID_ARGUMENT",
      message: "expected a string or a Uint8Array, got Uint16Array",
    },
  ],
  [
    "two payloads",
    { vars: { A: "1" }, payload: "x" },
    {
      name: "TypeError",
      code: "UWSGI_INVALID_ARGUMENT",
      message: "a packet has one payload: give one of vars, items and payload",
    },
  ],
];

for (const [rule, init, expected] of refusals) {
  test(`refused: ${rule}`, (t) => {
    t.deepEqual(
      faultOf(() => encodePacket(init as PacketInit)),
      expected,
    );
  });

  test(`the target stays as it was: ${rule}`, (t) => {
    const target = new Uint8Array(100_000).fill(0xee);
    t.throws(() => encodePacket(init as PacketInit, target));
    t.true(target.every((byte) => byte === 0xee));
  });
}

for (const [rule, init] of [
  ["undefined as a name", { vars: [[undefined, "A"]] }],
  ["null as vars", { vars: null }],
  ["a string as vars", { vars: "A=1" }],
  ["a var that is not a pair", { vars: [null] }],
  ["null as items", { items: null }],
] as const) {
  test(`refused with a code: ${rule}`, (t) => {
    t.like(
      faultOf(() => encodePacket(init as unknown as PacketInit)),
      { name: "TypeError", code: "UWSGI_INVALID_ARGUMENT" },
    );
  });
}

for (const modifier of [-1, 256, 1.5, Number.NaN]) {
  for (const name of ["modifier1", "modifier2"]) {
    test(`refused: ${name} ${modifier}`, (t) => {
      t.deepEqual(
        faultOf(() => encodePacket({ [name]: modifier })),
        {
          name: "RangeError",
          code: "UWSGI_INVALID_ARGUMENT",
          message: `${name} is ${modifier}, allowed are whole numbers from 0 to 255`,
        },
      );
    });
  }
}

test("a packet is right after others were refused", (t) => {
  for (const [, init] of refusals) t.throws(() => encodePacket(init as PacketInit));
  t.is(hex(encodePacket({ vars: { A: "B" } })), hex(wire('00 06 00 00 01 00 "A" 01 00 "B"')));
});

// describeBytes

test("bytes are described as hex digits and as text, with dots for what cannot be shown", (t) => {
  t.is(describeBytes(wire('00 06 1b 7f ff "A b"')), '00 06 1b 7f ff 41 20 62 ".....A b"');
});

test("of many bytes the first 16 are described", (t) => {
  t.is(
    describeBytes(latin1("GET / HTTP/1.1\r\nHost")),
    '47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a "GET / HTTP/1.1.."...',
  );
});

test("how many bytes are described may be chosen", (t) => {
  t.is(describeBytes(latin1("abc"), 2), '61 62 "ab"...');
  t.is(describeBytes(new Uint8Array(0)), ' ""');
});
