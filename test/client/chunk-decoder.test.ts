import fc from "fast-check";
import test from "ava";
import { ChunkDecoder } from "../../src/client/chunk-decoder.ts";
import { LimitError, ProtocolError } from "../../src/errors.ts";
import { deliveries } from "../helpers/deliveries.ts";
import { concat, latin1 } from "../helpers/wire.ts";

interface Decoded {
  readonly text: string;
  readonly isDone: boolean;
  readonly excess: number;
}

function decode(chunks: readonly Uint8Array[]): Decoded {
  const decoder = new ChunkDecoder();
  const data: Uint8Array[] = [];
  let excess = 0;
  for (const chunk of chunks) {
    // The decoder moves bytes: what it is given is its own.
    data.push(decoder.push(chunk.slice()).slice());
    excess += decoder.excessBytes;
  }
  return { text: Buffer.from(concat(data)).toString("latin1"), isDone: decoder.isDone, excess };
}

const good: readonly (readonly [what: string, wire: string, text: string, excess?: number])[] = [
  ["one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello"],
  ["several chunks", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello"],
  ["no chunk", "0\r\n\r\n", ""],
  [
    "a size in either case, with zeros before it",
    "00a\r\n0123456789\r\n0000F\r\n0123456789abcde\r\n0\r\n\r\n",
    "01234567890123456789abcde",
  ],
  ["several zeros as the last size", "000\r\n\r\n", ""],
  ["data that looks like chunks", "7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n\r\n"],
  ["extensions", '5;a=b;c="d e"\r\nhello\r\n0;last\r\n\r\n', "hello"],
  ["trailers", "5\r\nhello\r\n0\r\nX-A: b\r\nX-Sum:\r\n\r\n", "hello"],
  ["bytes behind the end", "1\r\na\r\n0\r\n\r\nHTTP", "a", 4],
];

for (const [what, wire, text, excess = 0] of good) {
  test(`${what}: read in every delivery`, (t) => {
    for (const [how, chunks] of deliveries(latin1(wire)))
      t.deepEqual(decode(chunks), { text, isDone: true, excess }, how);
  });

  test(`${what}: no part of it is a whole`, (t) => {
    const bytes = latin1(wire).slice(0, wire.length - excess);
    for (let end = 0; end < bytes.length; end++) t.false(decode([bytes.slice(0, end)]).isDone, String(end));
  });
}

const bad: readonly (readonly [what: string, wire: string, offset: number])[] = [
  ["no size", "\r\nhello", 0],
  ["a size with a letter that is no digit", "5z\r\nhello", 1],
  ["a size as C writes it", "0x5\r\nhello", 1],
  ["a size with a sign", "+5\r\nhello", 0],
  ["a blank before the size", " 5\r\nhello", 0],
  ["a blank behind the size", "5 \r\nhello", 1],
  ["a size of 14 digits", "00000000000005\r\nhello", 13],
  ["a size line that ends in LF", "5\nhello", 1],
  ["CR without LF behind the size", "5\rhello", 2],
  ["a line end inside an extension", "5;a\nb\r\nhello", 3],
  ["a NUL in an extension", "5;\0\r\nhello", 2],
  ["a chunk longer than its size", "4\r\nhello\r\n", 7],
  ["a chunk that ends in LF", "5\r\nhello\n0\r\n\r\n", 8],
  ["a chunk that ends in CR and something else", "5\r\nhello\rX", 9],
  ["a trailer that is no header", "0\r\nX A: b\r\n\r\n", 10],
  ["a trailer without colon", "0\r\nabc\r\n\r\n", 7],
  ["a folded trailer", "0\r\nA: b\r\n c\r\n\r\n", 12],
  ["a trailer with LF in it", "0\r\nA: b\nC: d\r\n\r\n", 13],
];

for (const [what, wire, offset] of bad) {
  test(`${what}: refused in every delivery, at the same byte`, (t) => {
    for (const [how, chunks] of deliveries(latin1(wire))) {
      const error = t.throws(() => decode(chunks), { instanceOf: ProtocolError, code: "UWSGI_BAD_CHUNKING" }, how);
      t.is(error?.offset, offset, how);
    }
  });
}

test("the message says what was needed and what came", (t) => {
  t.throws(() => decode([latin1("5\r\nhelloXY")]), {
    message: 'the chunked response body is malformed at byte 8: the end of a chunk is needed, 58 59 "XY" came',
  });
});

test("extensions of a chunk have a limit of 16 KiB, each chunk anew", (t) => {
  const most = `1;${"x".repeat(16_384)}\r\na\r\n`;
  t.is(decode([latin1(`${most}${most}0\r\n\r\n`)]).text, "aa");
  t.throws(() => decode([latin1(`1;${"x".repeat(16_385)}`)]), { instanceOf: LimitError, code: "UWSGI_BAD_CHUNKING" });
});

test("trailers have a limit of 16 KiB, all together", (t) => {
  const line = `A:${"x".repeat(8_190)}\r\n`;
  t.true(decode([latin1(`0\r\n${line}${line}\r\n`)]).isDone);
  t.throws(() => decode([latin1(`0\r\n${line}${line}a`)]), { instanceOf: LimitError });
});

test("a size of 13 digits allocates nothing", (t) => {
  t.is(decode([latin1("fffffffffffff\r\nabc")]).text, "abc");
});

test("whatever is cut into chunks comes back as it was", (t) => {
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 });
  const sizes = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(pieces, sizes, (parts, steps) => {
      const wire = concat([
        ...parts.flatMap((part) => [latin1(`${part.length.toString(16)}\r\n`), part, latin1("\r\n")]),
        latin1("0\r\n\r\n"),
      ]);
      const chunks: Uint8Array[] = [];
      for (let at = 0, i = 0; at < wire.length; i++) {
        const step = steps[i % steps.length] ?? 1;
        chunks.push(wire.slice(at, at + step));
        at += step;
      }
      const { text, isDone } = decode(chunks);
      return isDone && text === Buffer.from(concat(parts)).toString("latin1");
    }),
  );
  t.pass();
});
