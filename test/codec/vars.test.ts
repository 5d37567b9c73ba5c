import test from "ava";
import { decodePacket, decodeVars, encodePacket, type Vars } from "../../src/codec/index.ts";
import { LimitError, ProtocolError } from "../../src/errors.ts";
import { type Pair, readVector } from "../helpers/vectors.ts";
import { concat, faultOf, latin1, packetOf, varsBlock, wire } from "../helpers/wire.ts";

const ALL_BYTES = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");

/** Vars of a packet that lies whole in `bytes`. */
function varsOf(bytes: Uint8Array): Vars {
  const packet = decodePacket(bytes);
  if (packet === undefined) throw new Error("the packet is not whole");
  return packet.vars;
}

// Reading

test("a block of no bytes has no vars", (t) => {
  t.deepEqual([...decodeVars(new Uint8Array(0))], []);
  t.is(decodeVars(new Uint8Array(0)).size, 0);
});

test("vars are read in the order in which they were sent", (t) => {
  const vars = decodeVars(wire('01 00 "B" 01 00 "2" 01 00 "A" 01 00 "1"'));
  t.deepEqual(
    [...vars],
    [
      ["B", "2"],
      ["A", "1"],
    ],
  );
});

test("duplicates are kept and counted", (t) => {
  const vars = decodeVars(
    varsBlock([
      ["HTTP_X", "1"],
      ["A", ""],
      ["HTTP_X", "2"],
    ]),
  );
  t.is(vars.size, 3);
  t.deepEqual(
    [...vars],
    [
      ["HTTP_X", "1"],
      ["A", ""],
      ["HTTP_X", "2"],
    ],
  );
});

test("of equal names get answers the last", (t) => {
  t.is(
    decodeVars(
      varsBlock([
        ["HTTP_X", "1"],
        ["HTTP_X", "2"],
        ["A", ""],
      ]),
    ).get("HTTP_X"),
    "2",
  );
});

test("getAll answers all values of a name in wire order", (t) => {
  const vars = decodeVars(
    varsBlock([
      ["HTTP_X", "2"],
      ["HTTP_Y", "3"],
      ["HTTP_X", "1"],
    ]),
  );
  t.deepEqual(vars.getAll("HTTP_X"), ["2", "1"]);
});

test("getAll of a name that is not there is empty", (t) => {
  t.deepEqual(decodeVars(varsBlock([["A", "1"]])).getAll("B"), []);
});

test("a name that is not there has no value", (t) => {
  const vars = decodeVars(varsBlock([["HTTP_ACCEPT", "1"]]));
  const absent = ["HTTP_ACCEP", "HTTP_ACCEPT_", "http_accept", "XTTP_ACCEPT", "", "toString", "HTTP_ACCEPŔ"];
  t.deepEqual(
    absent.map((name) => [vars.get(name), vars.has(name), vars.getBytes(name)]),
    absent.map(() => [undefined, false, undefined]),
  );
});

test("a value may be empty, also the last one", (t) => {
  const vars = decodeVars(wire('01 00 "A" 00 00 04 00 "ABCD" 00 00'));
  t.deepEqual(
    [...vars],
    [
      ["A", ""],
      ["ABCD", ""],
    ],
  );
  t.is(vars.get("ABCD"), "");
  t.true(vars.has("ABCD"));
});

test("names and values are read by position", (t) => {
  const vars = decodeVars(
    varsBlock([
      ["A", "1"],
      ["LONGER_NAME", "a value of more than twelve bytes"],
    ]),
  );
  t.deepEqual([vars.nameAt(0), vars.valueAt(0)], ["A", "1"]);
  t.deepEqual([vars.nameAt(1), vars.valueAt(1)], ["LONGER_NAME", "a value of more than twelve bytes"]);
});

test("all 256 byte values survive in a value", (t) => {
  t.is(decodeVars(varsBlock([["A", ALL_BYTES]])).get("A"), ALL_BYTES);
});

test("all 256 byte values survive in a name", (t) => {
  const vars = decodeVars(varsBlock([[ALL_BYTES, "1"]]));
  t.is(vars.nameAt(0), ALL_BYTES);
  t.is(vars.get(ALL_BYTES), "1");
});

test("each byte value survives alone, as a name and as a value", (t) => {
  const pairs = Array.from(ALL_BYTES, (character): Pair => [character, character]);
  t.deepEqual([...decodeVars(varsBlock(pairs))], pairs);
});

test("values of all lengths from 0 to 300 bytes are read as they were sent", (t) => {
  // Short, long and very long values are read by different code.
  const pairs = Array.from({ length: 301 }, (_, length): Pair => [
    `N${length}`,
    ALL_BYTES.repeat(2).slice(length % 256, (length % 256) + length),
  ]);
  t.deepEqual([...decodeVars(varsBlock(pairs))], pairs);
});

test("names of all lengths from 1 to 300 bytes are read as they were sent", (t) => {
  const pairs = Array.from({ length: 300 }, (_, i): Pair => ["x".repeat(i) + String.fromCharCode(i % 256), "v"]);
  t.deepEqual([...decodeVars(varsBlock(pairs))], pairs);
});

test("names that differ in one byte only are told apart", (t) => {
  const names = Array.from({ length: 22 }, (_, at) => [..."HTTP_X_REQUEST_PART_ID"].with(at, "#").join(""));
  const vars = decodeVars(varsBlock(names.map((name, i): Pair => [name, String(i)])));
  t.deepEqual(
    names.map((name) => vars.get(name)),
    names.map((_, i) => String(i)),
  );
  t.deepEqual(
    [...vars].map(([name]) => name),
    names,
  );
});

test("names of each length from 1 to 70 that differ in any one byte are told apart", (t) => {
  // A name is compared with the one that stood at its place before, in steps of several bytes.
  for (let length = 1; length <= 70; length++) {
    const base = "HTTP_X_".repeat(10).slice(0, length);
    const others = Array.from({ length }, (_, at) => [...base].with(at, "#").join(""));
    const seen = others.map((other) => {
      const [first, second] = [base, other].map((name) => decodeVars(varsBlock([[name, "1"]])));
      return [first?.nameAt(0), second?.nameAt(0), second?.has(base), second?.has(other), first?.nameAt(0)];
    });
    t.deepEqual(
      seen,
      others.map((other) => [base, other, false, true, base]),
    );
  }
});

test("names too long to be remembered do not spill into those that are", (t) => {
  for (let length = 56; length <= 72; length++) {
    const [one, two] = ["a", "b"].map((first) => `${first.repeat(length - 1)}X`);
    const blocks = [
      [one ?? "", "BHOST"],
      [two ?? "", "XHOST"],
    ];
    const seen = blocks.map((names) => [...decodeVars(varsBlock(names.map((name): Pair => [name, ""])))]);
    t.deepEqual(
      seen.map((pairs) => pairs.map(([name]) => name)),
      blocks,
    );
  }
});

test("a name read at a place where another one of its length stood before is its own", (t) => {
  const read = ["HTTP_A", "HTTP_B", "HTTP_A", "HTTP_C"].map((name) => decodeVars(varsBlock([[name, "1"]])).nameAt(0));
  t.deepEqual(read, ["HTTP_A", "HTTP_B", "HTTP_A", "HTTP_C"]);
});

test("a name keeps its bytes when the buffer it came from is used again", (t) => {
  const buffer = varsBlock([["HTTP_FIRST", "1"]]);
  const first = decodeVars(buffer).nameAt(0);
  buffer.set(latin1("HTTP_OTHER"), 2);
  const second = decodeVars(buffer).nameAt(0);
  buffer.fill(0);
  t.deepEqual([first, second], ["HTTP_FIRST", "HTTP_OTHER"]);
});

test("a value keeps its bytes when the buffer it came from is used again", (t) => {
  const buffer = varsBlock([
    ["A", "short"],
    ["B", "a value of more than twelve bytes"],
  ]);
  const vars = decodeVars(buffer);
  const values = [vars.get("A"), vars.get("B")];
  buffer.fill(0);
  t.deepEqual(values, ["short", "a value of more than twelve bytes"]);
});

test("getBytes answers a view, not a copy", (t) => {
  const block = varsBlock([
    ["A", "1"],
    ["PATH_INFO", "/caf\xe9"],
    ["B", "2"],
  ]);
  const bytes = decodeVars(block).getBytes("PATH_INFO");
  t.is(bytes?.buffer, block.buffer);
  t.deepEqual(bytes, latin1("/caf\xe9"));
});

test("getBytes answers the last of equal names", (t) => {
  t.deepEqual(
    decodeVars(
      varsBlock([
        ["A", "1"],
        ["A", "22"],
      ]),
    ).getBytes("A"),
    latin1("22"),
  );
});

test("getBytes of an empty value is empty", (t) => {
  t.is(decodeVars(wire('01 00 "A" 00 00')).getBytes("A")?.length, 0);
});

test("toObject has one property per name, the last value wins", (t) => {
  const object = decodeVars(
    varsBlock([
      ["A", "1"],
      ["B", "2"],
      ["A", "3"],
    ]),
  ).toObject();
  t.deepEqual(Object.entries(object), [
    ["A", "3"],
    ["B", "2"],
  ]);
});

test("toObject has all of 0 to 70 vars, in wire order", (t) => {
  for (let size = 0; size <= 70; size++) {
    const pairs = Array.from({ length: size }, (_, i): Pair => [`NAME_${i}`, `${i}`]);
    t.deepEqual(Object.entries(decodeVars(varsBlock(pairs)).toObject()), pairs);
  }
});

test("names of Object's own members are ordinary names", (t) => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "__defineGetter__"];
  const vars = decodeVars(varsBlock(names.map((name): Pair => [name, "polluted"])));
  t.deepEqual(
    Object.entries(vars.toObject()),
    names.map((name) => [name, "polluted"]),
  );
  t.deepEqual(
    names.map((name) => vars.get(name)),
    names.map(() => "polluted"),
  );
});

test("a var named __proto__ changes no prototype", (t) => {
  const object = decodeVars(varsBlock([["__proto__", "polluted"]])).toObject();
  t.false("toString" in object);
  t.is(({} as { polluted?: string }).polluted, undefined);
});

test("toObject inherits nothing", (t) => {
  const object = decodeVars(varsBlock([["A", "1"]])).toObject();
  t.deepEqual(
    ["constructor", "toString", "hasOwnProperty"].filter((name) => name in object),
    [],
  );
});

// Several blocks at once

test("several vars objects may be read in turns", (t) => {
  const one = decodeVars(
    varsBlock([
      ["A", "1"],
      ["B", "2"],
      ["LONG", "a value of more than twelve bytes"],
    ]),
  );
  const two = decodeVars(
    varsBlock([
      ["LONGER_NAME", ""],
      ["A", "another one"],
    ]),
  );
  const three = decodeVars(new Uint8Array(0));
  const read = [
    one.get("A"),
    two.get("A"),
    three.get("A"),
    one.get("LONG"),
    two.nameAt(0),
    one.nameAt(2),
    two.has("B"),
    one.has("B"),
  ];
  t.deepEqual(read, [
    "1",
    "another one",
    undefined,
    "a value of more than twelve bytes",
    "LONGER_NAME",
    "LONG",
    false,
    true,
  ]);
});

test("two iterations in step do not disturb each other", (t) => {
  const one: Pair[] = Array.from({ length: 30 }, (_, i) => [`FIRST_${i}`, `${i}`.repeat(i)]);
  const two: Pair[] = Array.from({ length: 30 }, (_, i) => [`S${i}`, `x${i}`]);
  const [a, b] = [decodeVars(varsBlock(one))[Symbol.iterator](), decodeVars(varsBlock(two))[Symbol.iterator]()];
  const seen = one.map(() => [a.next().value, b.next().value]);
  t.deepEqual(
    seen,
    one.map((pair, i) => [pair, two[i]]),
  );
});

test("an iteration goes on while other packets are decoded and encoded", (t) => {
  const { packet, vars: expected } = readVector("nginx/tcp-get-browser");
  const other = readVector("apache/tcp-get-browser").packet;
  const seen: Pair[] = [];
  for (const pair of varsOf(packet)) {
    seen.push(pair);
    t.notThrows(() => varsOf(other).get("HTTP_HOST"));
    encodePacket({ vars: { A: "1" } });
    decodeVars(wire('01 00 "Z" 00 00'));
  }
  t.deepEqual(seen, expected);
});

test("vars stay readable after later blocks were refused", (t) => {
  const vars = decodeVars(
    varsBlock([
      ["A", "1"],
      ["B", "2"],
    ]),
  );
  // Their sound beginning is laid out in another way than that of the first block.
  for (const rest of ["00", "00 00 00 00 00", '05 00 "B" 00 00', '01 00 "B" 09 00 00']) {
    t.throws(() => decodeVars(wire(`04 00 "NAME" 02 00 "xy" ${rest}`)));
    t.deepEqual(
      [...vars],
      [
        ["A", "1"],
        ["B", "2"],
      ],
    );
    t.throws(() => decodeVars(wire(`04 00 "NAME" 02 00 "xy" ${rest}`)));
    t.is(vars.get("B"), "2");
  }
});

test("13 107 vars, the most that fit, are read", (t) => {
  const block = new Uint8Array(65_535);
  for (let i = 0; i < 13_107; i++) block.set([1, 0, i & 0xff || 1, 0, 0], 5 * i);
  const vars = decodeVars(block, 13_107);
  t.is(vars.size, 13_107);
  t.deepEqual([vars.nameAt(13_106), vars.valueAt(13_106), vars.getAll("\x05").length], ["2", "", 52]);
});

test("a small block is read right after a large one", (t) => {
  const pairs = Array.from({ length: 3_000 }, (_, i): Pair => [`N${i}`, `${i}`]);
  const large = decodeVars(varsBlock(pairs), 3_000);
  t.deepEqual([...decodeVars(varsBlock([["A", "1"]]))], [["A", "1"]]);
  t.deepEqual([...large], pairs);
});

// Refusals

test("maxVars vars are allowed, one more is refused", (t) => {
  const block = varsBlock([
    ["A", "1"],
    ["B", "2"],
    ["C", "3"],
  ]);
  t.is(decodeVars(block, 3).size, 3);
  t.deepEqual(
    faultOf(() => decodeVars(block, 2)),
    {
      name: "LimitError",
      code: "UWSGI_VARS_LIMIT",
      offset: 12,
      message: "more than 2 vars in one block, at most 2 are allowed",
    },
  );
});

test("with maxVars 0 only an empty block is allowed", (t) => {
  t.is(decodeVars(new Uint8Array(0), 0).size, 0);
  t.is(faultOf(() => decodeVars(wire('01 00 "A" 00 00'), 0))?.code, "UWSGI_VARS_LIMIT");
});

test("1 000 vars are allowed by default, one more is refused", (t) => {
  const pairs = Array.from({ length: 1_001 }, (_, i): Pair => [`N${i}`, ""]);
  t.is(decodeVars(varsBlock(pairs.slice(1))).size, 1_000);
  t.is(faultOf(() => decodeVars(varsBlock(pairs)))?.code, "UWSGI_VARS_LIMIT");
});

test("a limit is a protocol error too", (t) => {
  const error = t.throws(() => decodeVars(wire('01 00 "A" 00 00'), 0));
  t.true(error instanceof LimitError && error instanceof ProtocolError);
});

/** Each with a sound pair `A=1` before it, so that the offsets are not 0. */
const refusals: [rule: string, tail: string, code: string, offset: number, message: string][] = [
  [
    "a key of no bytes",
    '00 00 01 00 "1"',
    "UWSGI_EMPTY_KEY",
    6,
    "var 2 has an empty key at offset 6, at least 1 byte is needed",
  ],
  [
    "a key and a value of no bytes",
    "00 00 00 00",
    "UWSGI_EMPTY_KEY",
    6,
    "var 2 has an empty key at offset 6, at least 1 byte is needed",
  ],
  [
    "a key that runs past the end",
    '05 00 "BCD" 00',
    "UWSGI_KEY_PAST_END",
    6,
    "key of 5 bytes at offset 6 runs past the block, which has 4 bytes left",
  ],
  [
    "a key length whose high byte counts",
    '01 01 "B" 00 00',
    "UWSGI_KEY_PAST_END",
    6,
    "key of 257 bytes at offset 6 runs past the block, which has 3 bytes left",
  ],
  [
    "a key of 65 535 bytes that are not there",
    'FF FF "B" 00 00',
    "UWSGI_KEY_PAST_END",
    6,
    "key of 65535 bytes at offset 6 runs past the block, which has 3 bytes left",
  ],
  [
    "a value that runs past the end by one byte",
    '01 00 "B" 03 00 "xy"',
    "UWSGI_VALUE_PAST_END",
    9,
    "value of 3 bytes at offset 9 runs past the block, which has 2 bytes left",
  ],
  [
    "a value length whose high byte counts",
    '01 00 "B" 02 01 "xy"',
    "UWSGI_VALUE_PAST_END",
    9,
    "value of 258 bytes at offset 9 runs past the block, which has 2 bytes left",
  ],
  [
    "a value of 65 535 bytes that are not there",
    '01 00 "B" FF FF',
    "UWSGI_VALUE_PAST_END",
    9,
    "value of 65535 bytes at offset 9 runs past the block, which has 0 bytes left",
  ],
  [
    "a key without a value",
    '02 00 "BC"',
    "UWSGI_TRAILING_BYTES",
    10,
    "vars block ends with 0 bytes at offset 10, the length of a value needs 2",
  ],
  [
    "half a value length",
    '02 00 "BC" 01',
    "UWSGI_TRAILING_BYTES",
    10,
    "vars block ends with 1 bytes at offset 10, the length of a value needs 2",
  ],
  [
    "1 byte behind the last pair",
    "05",
    "UWSGI_TRAILING_BYTES",
    6,
    "vars block ends with 1 bytes at offset 6, the length of a key needs 2",
  ],
  [
    "2 bytes behind the last pair",
    "05 00",
    "UWSGI_KEY_PAST_END",
    6,
    "key of 5 bytes at offset 6 runs past the block, which has 0 bytes left",
  ],
  [
    "3 bytes behind the last pair",
    '01 00 "B"',
    "UWSGI_TRAILING_BYTES",
    9,
    "vars block ends with 0 bytes at offset 9, the length of a value needs 2",
  ],
  [
    "4 bytes behind the last pair",
    '01 00 "B" 00',
    "UWSGI_TRAILING_BYTES",
    9,
    "vars block ends with 1 bytes at offset 9, the length of a value needs 2",
  ],
];

for (const [rule, tail, code, offset, message] of refusals) {
  test(`refused: ${rule}`, (t) => {
    const block = wire(`01 00 "A" 01 00 "1" ${tail}`);
    t.deepEqual(
      faultOf(() => decodeVars(block)),
      { name: "ProtocolError", code, offset, message },
    );
  });

  test(`refused in a packet, where offsets count from its header: ${rule}`, (t) => {
    const packet = packetOf(wire(`01 00 "A" 01 00 "1" ${tail}`));
    t.like(
      faultOf(() => decodePacket(packet)),
      { name: "ProtocolError", code, offset: offset + 4 },
    );
  });
}

for (const zeros of [1, 2, 3, 4]) {
  test(`refused: ${zeros} zero bytes behind the last pair`, (t) => {
    const block = concat([wire('01 00 "A" 01 00 "1"'), new Uint8Array(zeros)]);
    t.like(
      faultOf(() => decodeVars(block)),
      { code: zeros === 1 ? "UWSGI_TRAILING_BYTES" : "UWSGI_EMPTY_KEY", offset: 6 },
    );
  });
}

test("an over-long key length never hides the pair behind it, as it does in uWSGI", (t) => {
  const block = wire('01 00 "A" 01 00 "1" 60 EA 0E 00 "REQUEST_METHOD" 03 00 "PWN"');
  t.like(
    faultOf(() => decodeVars(block)),
    { code: "UWSGI_KEY_PAST_END", offset: 6 },
  );
});

test("an over-long key length at the start of a block is refused too", (t) => {
  t.like(
    faultOf(() => decodeVars(wire('60 EA 01 00 "A" 01 00 "1"'))),
    { code: "UWSGI_KEY_PAST_END", offset: 0 },
  );
});

test("refused blocks do not make later ones be misread", (t) => {
  const block = varsBlock([
    ["REQUEST_METHOD", "GET"],
    ["B", "2"],
  ]);
  for (const [, tail] of refusals) {
    t.throws(() => decodeVars(wire(`01 00 "A" 01 00 "1" ${tail}`)));
    t.deepEqual(
      [...decodeVars(block)],
      [
        ["REQUEST_METHOD", "GET"],
        ["B", "2"],
      ],
    );
  }
});

test("bytes before and behind a block do not count", (t) => {
  const block = varsBlock([
    ["A", "1"],
    ["B", ""],
  ]);
  const around = concat([wire("FF FF FF"), block, wire("FF FF FF")]);
  t.deepEqual(
    [...decodeVars(around.subarray(3, 3 + block.length))],
    [
      ["A", "1"],
      ["B", ""],
    ],
  );
});

test("a block that ends inside a larger buffer is refused, though the bytes behind it would fit", (t) => {
  const block = varsBlock([["A", "12345"]]);
  t.like(
    faultOf(() => decodeVars(block.subarray(0, block.length - 1))),
    { code: "UWSGI_VALUE_PAST_END", offset: 3 },
  );
});

test("a block that no packet can hold is refused", (t) => {
  t.is(decodeVars(new Uint8Array(0)).size, 0);
  const error = t.throws(() => decodeVars(new Uint8Array(65_536)), {
    instanceOf: LimitError,
    code: "UWSGI_DATASIZE_LIMIT",
  });
  t.is(error?.message, "vars block of 65536 bytes, at most 65535 fit a packet");
});

test("there is no var beyond the last: reading by such a position is an error, not what stands there", (t) => {
  decodeVars(varsBlock(Array.from({ length: 5 }, (_, i): Pair => [`NAME_${i}`, "earlier"])));
  const vars = decodeVars(varsBlock([["A", "1"]]));
  for (const position of [1, 4, -1, Number.NaN]) {
    t.throws(() => vars.nameAt(position), { instanceOf: RangeError, code: "UWSGI_INVALID_ARGUMENT" });
    t.throws(() => vars.valueAt(position), { instanceOf: RangeError, code: "UWSGI_INVALID_ARGUMENT" });
  }
});
