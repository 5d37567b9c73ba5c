import test from "ava";
import { decodeArray, decodePacket, type Packet } from "../../src/codec/index.ts";
import { type Pair, readVector } from "../helpers/vectors.ts";
import { concat, faultOf, latin1, packetOf, varsBlock, wire } from "../helpers/wire.ts";

test("the header is modifier1, datasize little-endian, modifier2", (t) => {
  const packet = decodePacket(concat([wire("65 02 01 07"), new Uint8Array(258)]));
  t.like(packet, { modifier1: 101, datasize: 258, modifier2: 7 });
});

test("byteLength counts header and payload, not what follows", (t) => {
  t.is(decodePacket(wire('65 02 00 00 "ab" "body"'))?.byteLength, 6);
});

test("payload is a view of the decoded bytes", (t) => {
  const bytes = wire('65 02 00 00 "ab" "body"');
  const payload = decodePacket(bytes)?.payload;
  t.is(payload?.buffer, bytes.buffer);
  t.deepEqual(payload, latin1("ab"));
});

for (const length of [0, 1, 2, 3]) {
  test(`${length} of the 4 header bytes are no packet yet`, (t) => {
    t.is(decodePacket(new Uint8Array(length).fill(0xff)), undefined);
  });
}

test("a packet is undefined until its last byte is there", (t) => {
  const { packet } = readVector("nginx/tcp-get-browser");
  const early = Array.from(packet, (_, length) => decodePacket(packet.subarray(0, length)));
  t.deepEqual(
    early.filter((seen) => seen !== undefined),
    [],
  );
  t.is(decodePacket(packet)?.byteLength, packet.length);
});

test("a broken block is not looked at before its last byte is there", (t) => {
  const packet = packetOf(wire("00 00 00 00 00"));
  t.is(decodePacket(packet.subarray(0, -1)), undefined);
  t.is(faultOf(() => decodePacket(packet))?.code, "UWSGI_EMPTY_KEY");
});

test("a payload of 0 bytes is a packet without vars", (t) => {
  const packet = decodePacket(wire("00 00 00 00"));
  t.is(packet?.vars.size, 0);
  t.is(packet?.payload.length, 0);
});

test("a datasize of maxDatasize is allowed", (t) => {
  t.is(decodePacket(wire('65 02 00 00 "ab"'), { maxDatasize: 2 })?.datasize, 2);
});

test("a datasize over maxDatasize is refused as soon as 4 bytes are in", (t) => {
  t.deepEqual(
    faultOf(() => decodePacket(wire("65 03 00 00"), { maxDatasize: 2 })),
    {
      name: "LimitError",
      code: "UWSGI_DATASIZE_LIMIT",
      offset: 1,
      message: "datasize of 3 bytes, at most 2 are allowed",
    },
  );
});

test("3 header bytes are not refused, whatever they announce", (t) => {
  t.is(decodePacket(wire("65 FF FF"), { maxDatasize: 2 }), undefined);
});

test("65 535 bytes are allowed by default", (t) => {
  t.is(decodePacket(concat([wire("65 FF FF 00"), new Uint8Array(65_535)]))?.datasize, 65_535);
});

test("maxVars counts for the vars of a packet", (t) => {
  const packet = packetOf(
    varsBlock([
      ["A", "1"],
      ["B", "2"],
    ]),
  );
  t.is(decodePacket(packet, { maxVars: 2 })?.vars.size, 2);
  t.is(faultOf(() => decodePacket(packet, { maxVars: 1 }))?.code, "UWSGI_VARS_LIMIT");
});

for (const modifier1 of [0, 5, 7, 9, 17, 30, 224]) {
  test(`the payload of modifier1 ${modifier1} is validated as vars at once`, (t) => {
    t.like(
      faultOf(() => decodePacket(packetOf(wire("01 00"), modifier1))),
      { code: "UWSGI_KEY_PAST_END", offset: 4 },
    );
  });
}

for (const modifier1 of [22, 31, 32, 96, 100, 101, 110, 111, 173, 200, 250 + 3]) {
  test(`the payload of modifier1 ${modifier1} is not taken for vars unless it is asked for them`, (t) => {
    const packet = decodePacket(packetOf(wire("01 00"), modifier1));
    t.deepEqual(packet?.payload, wire("01 00"));
    t.like(
      faultOf(() => packet?.vars),
      { code: "UWSGI_KEY_PAST_END", offset: 4 },
    );
  });
}

test("vars that are asked for obey maxVars as well", (t) => {
  const packet = decodePacket(
    packetOf(
      varsBlock([
        ["A", "1"],
        ["B", "2"],
      ]),
      111,
      17,
    ),
    { maxVars: 1 },
  );
  t.is(faultOf(() => packet?.vars)?.code, "UWSGI_VARS_LIMIT");
});

test("vars is the same object each time", (t) => {
  const request = decodePacket(packetOf(varsBlock([["A", "1"]])));
  const cache = decodePacket(packetOf(varsBlock([["A", "1"]]), 111, 17));
  t.is(request?.vars, request?.vars);
  t.is(cache?.vars, cache?.vars);
});

// Bytes that were only lent

const lent: readonly Pair[] = [
  ["A", "1"],
  ["HTTP_COOKIE", "a value of more than 24 bytes, which is read by native code"],
  ["A", ""],
];

/** A packet in front of a body, in bytes that are overwritten by `reuse`. */
function borrow(modifier1 = 0): { packet: Packet; payload: Uint8Array; reuse: (by?: Uint8Array) => void } {
  const payload = varsBlock(lent);
  const bytes = concat([packetOf(payload, modifier1), latin1("body")]);
  const packet = decodePacket(bytes);
  if (packet === undefined) throw new Error("the packet is not whole");
  return { packet, payload, reuse: (by = new Uint8Array(bytes.length).fill(0xff)) => bytes.set(by) };
}

test("a kept packet does not change with the bytes it was decoded from", (t) => {
  for (const modifier1 of [0, 101, 111]) {
    const { packet, payload, reuse } = borrow(modifier1);
    packet.keep();
    reuse();
    t.deepEqual([...packet.payload], [...payload]);
    t.deepEqual([packet.modifier1, packet.byteLength], [modifier1, payload.length + 4]);
    t.deepEqual([...packet.vars], lent);
  }
});

test("vars that were made before keep, read or not, do not change with the bytes either", (t) => {
  for (const isRead of [false, true]) {
    const { packet, reuse } = borrow();
    const { vars } = packet;
    if (isRead) t.is(vars.get("A"), "");
    packet.keep();
    reuse();
    t.deepEqual(vars.getAll("A"), ["1", ""]);
    t.is(vars.get("HTTP_COOKIE"), lent[1]?.[1]);
    t.is(packet.vars, vars);
  }
});

test("a kept packet has no byte of what followed it", (t) => {
  const { packet, payload } = borrow();
  packet.keep();
  t.is(packet.payload.length, payload.length);
  t.false(Buffer.from(packet.payload).includes("body"));
});

test("vars of a packet that was not kept are refused when other packets have come in between", (t) => {
  const { packet, reuse } = borrow();
  const { vars } = packet;
  reuse(packetOf(varsBlock([["OTHER", "2"]])));
  t.is(decodePacket(packetOf(varsBlock([["C", "3"]])))?.vars.get("C"), "3");
  for (const read of [() => vars.get("A"), () => vars.nameAt(2), () => vars.valueAt(0), () => vars.toObject()]) {
    t.is(faultOf(read)?.code, "UWSGI_INVALID_ARGUMENT");
  }
});

test("vars of a packet that was not kept stay within their block when no other packet has come in between", (t) => {
  const { packet, reuse } = borrow();
  const { vars } = packet;
  reuse();
  t.deepEqual(
    Array.from({ length: vars.size }, (_, position) => vars.valueAt(position).length),
    lent.map(([, value]) => value.length),
  );
});

// The byte-exact examples of the families

test("example: one pair A=B", (t) => {
  t.deepEqual([...(decodePacket(wire("00 06 00 00 01 00 41 01 00 42"))?.vars ?? [])], [["A", "B"]]);
});

test("example: ping and pong, with and without a warning", (t) => {
  t.like(decodePacket(wire("64 00 00 00")), { modifier1: 100, datasize: 0, modifier2: 0 });
  t.like(decodePacket(wire("64 00 00 01")), { modifier1: 100, datasize: 0, modifier2: 1 });
  t.deepEqual(decodePacket(wire('64 04 00 01 "disk"'))?.payload, latin1("disk"));
});

test("example: signal 5 and its answer", (t) => {
  t.like(decodePacket(wire("6e 00 00 05")), { modifier1: 110, datasize: 0, modifier2: 5 });
  t.like(decodePacket(wire("ff 00 00 01")), { modifier1: 255, datasize: 0, modifier2: 1 });
});

test("example: a spooler task a=b", (t) => {
  t.deepEqual(decodePacket(wire("11 06 00 00 01 00 61 01 00 62"))?.vars.get("a"), "b");
});

test('example: the call hello("x")', (t) => {
  const packet = decodePacket(wire('ad 0a 00 00 05 00 "hello" 01 00 "x"'));
  t.deepEqual(decodeArray(packet?.payload ?? new Uint8Array(0)), [latin1("hello"), latin1("x")]);
});

test("example: a reply of 3 bytes to a call", (t) => {
  t.deepEqual(decodePacket(wire('ad 03 00 00 "abc"'))?.payload, latin1("abc"));
});

test("example: a cache hit, the value follows the packet", (t) => {
  const bytes = wire('6f 15 00 11 06 00 "status" 02 00 "ok" 04 00 "size" 01 00 "2" "v1"');
  const packet = decodePacket(bytes);
  t.deepEqual(packet?.vars.toObject(), Object.assign(Object.create(null), { status: "ok", size: "2" }));
  t.deepEqual(bytes.subarray(packet?.byteLength), latin1("v1"));
});

test("example: HTTP on the port is modifier1 71 and a datasize of 21 573", (t) => {
  t.is(decodePacket(wire("47 45 54 20")), undefined);
  t.is(
    faultOf(() => decodePacket(wire("47 45 54 20"), { maxDatasize: 4_096 }))?.message,
    "datasize of 21573 bytes, at most 4096 are allowed",
  );
});
