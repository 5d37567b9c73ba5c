import test from "ava";
import { readLatin1 } from "../../src/codec/index.ts";

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, code) => code);
const ALL_TEXT = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");

test("each byte is the code point of its number, also those that windows-1252 has elsewhere", (t) => {
  t.is(readLatin1(ALL_BYTES, 0, 256), ALL_TEXT);
});

test("each byte alone is the code point of its number", (t) => {
  t.deepEqual(
    Array.from(ALL_BYTES, (_, i) => readLatin1(ALL_BYTES, i, i + 1)),
    [...ALL_TEXT],
  );
});

test("each length from 0 to 256 is read from start to end", (t) => {
  t.deepEqual(
    Array.from({ length: 257 }, (_, end) => readLatin1(ALL_BYTES, 0, end)),
    Array.from({ length: 257 }, (_, end) => ALL_TEXT.slice(0, end)),
  );
});

test("each part is read, wherever it starts", (t) => {
  const starts = Array.from({ length: 257 }, (_, start) => start);
  t.deepEqual(
    starts.map((start) => readLatin1(ALL_BYTES, start, 256)),
    starts.map((start) => ALL_TEXT.slice(start)),
  );
});

test("a part of a larger buffer is read at its own offset", (t) => {
  t.is(readLatin1(ALL_BYTES.subarray(64, 128), 1, 30), ALL_TEXT.slice(65, 94));
});

for (const length of [4_095, 4_096, 4_097, 65_535, 1_000_000]) {
  test(`${length} bytes are read as one string`, (t) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
    const text = readLatin1(bytes, 0, length);
    t.is(text.length, length);
    t.true(bytes.every((byte, i) => text.charCodeAt(i) === byte));
  });
}
