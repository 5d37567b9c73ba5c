import test from "ava";
import { decodeArray, encodePacket } from "../../src/codec/index.ts";
import { concat, faultOf, hex, latin1, wire } from "../helpers/wire.ts";

test("a block of no bytes has no items", (t) => {
  t.deepEqual(decodeArray(new Uint8Array(0)), []);
});

test("items are read in the order in which they were sent", (t) => {
  t.deepEqual(decodeArray(wire('05 00 "hello" 01 00 "x"')), [latin1("hello"), latin1("x")]);
});

test("empty items are delivered, first, between and last", (t) => {
  t.deepEqual(
    decodeArray(wire('00 00 01 00 "x" 00 00 01 00 "y" 00 00')).map(({ length }) => length),
    [0, 1, 0, 1, 0],
  );
});

test("an item is a view of the block", (t) => {
  const block = wire('05 00 "hello"');
  const item = decodeArray(block)[0];
  t.is(item?.buffer, block.buffer);
  t.is(item?.byteOffset, block.byteOffset + 2);
});

test("a length of 256 and more is read little-endian", (t) => {
  t.deepEqual(
    decodeArray(concat([wire("01 02"), new Uint8Array(513)])).map(({ length }) => length),
    [513],
  );
});

test("all byte values are kept", (t) => {
  const all = Uint8Array.from({ length: 256 }, (_, code) => code);
  t.deepEqual(decodeArray(encodePacket({ items: [all] }).subarray(4)).map(hex), [hex(all)]);
});

test("an item of 65 533 bytes, the longest that fits a packet, is read", (t) => {
  t.is(decodeArray(encodePacket({ items: [new Uint8Array(65_533)] }).subarray(4))[0]?.length, 65_533);
});

test("1 byte behind the last item is refused", (t) => {
  t.deepEqual(
    faultOf(() => decodeArray(wire('01 00 "x" 05'))),
    {
      name: "ProtocolError",
      code: "UWSGI_TRAILING_BYTES",
      offset: 3,
      message: "array ends with 1 byte at offset 3, the length of an item needs 2",
    },
  );
});

test("an item that runs past the end is refused", (t) => {
  t.deepEqual(
    faultOf(() => decodeArray(wire('01 00 "x" 03 00 "ab"'))),
    {
      name: "ProtocolError",
      code: "UWSGI_ITEM_PAST_END",
      offset: 3,
      message: "array item of 3 bytes at offset 3 runs past the block, which has 2 bytes left",
    },
  );
});

test("an item whose length has a high byte runs past the end as well", (t) => {
  t.like(
    faultOf(() => decodeArray(wire('01 01 "x"'))),
    { code: "UWSGI_ITEM_PAST_END", offset: 0 },
  );
});

test("maxItems items are allowed, one more is refused", (t) => {
  const block = wire('01 00 "x" 01 00 "y" 00 00');
  t.is(decodeArray(block, 3).length, 3);
  t.deepEqual(
    faultOf(() => decodeArray(block, 2)),
    {
      name: "LimitError",
      code: "UWSGI_ITEMS_LIMIT",
      offset: 6,
      message: "more than 2 array items, at most 2 are allowed",
    },
  );
});

test("255 items are allowed by default, one more is refused", (t) => {
  t.is(decodeArray(new Uint8Array(2 * 255)).length, 255);
  t.is(faultOf(() => decodeArray(new Uint8Array(2 * 256)))?.code, "UWSGI_ITEMS_LIMIT");
});
