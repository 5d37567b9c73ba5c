import test from "ava";
import fc from "fast-check";
import { OutputLines, PIECE_BYTES } from "../../../src/manager/output/output-lines.ts";
import { cut, deliveries } from "../../helpers/deliveries.ts";

interface Told {
  readonly text: string;
  readonly part: number;
  readonly goesOn: boolean;
}

/** All that is told of these chunks; bytes as latin-1. */
function read(chunks: readonly Uint8Array[], pieceBytes?: number): Told[] {
  const lines = new OutputLines(pieceBytes);
  const told: Told[] = [];
  const note = ({ bytes, ...rest }: { bytes: Uint8Array; part: number; goesOn: boolean }): void => {
    told.push({ text: Buffer.from(bytes).toString("latin1"), ...rest });
  };
  for (const chunk of chunks) for (const line of lines.push(chunk)) note(line);
  const last = lines.end();
  if (last !== undefined) note(last);
  return told;
}

/** What a line without its end is told as, from its definition. */
function piecesOf(line: Uint8Array, most: number): Told[] {
  const pieces: string[] = [];
  let from = 0;
  while (line.length - from > most) {
    const ends = [most, most - 1, most - 2, most - 3];
    const at = ends.find((end) => ((line[from + end] ?? 0) & 0xc0) !== 0x80) ?? most;
    pieces.push(Buffer.from(line.subarray(from, from + at)).toString("latin1"));
    from += at;
  }
  pieces.push(Buffer.from(line.subarray(from)).toString("latin1"));
  return pieces.map((text, index) => ({
    text,
    part: pieces.length === 1 ? 0 : index + 1,
    goesOn: index < pieces.length - 1,
  }));
}

function expected(bytes: Buffer, most: number): Told[] {
  const texts = bytes.toString("latin1").split("\n");
  if (texts.at(-1) === "") texts.pop();
  return texts.flatMap((text) => piecesOf(Buffer.from(text.replace(/\r$/, ""), "latin1"), most));
}

const whole = (text: string): Told => ({ text: Buffer.from(text).toString("latin1"), part: 0, goesOn: false });

for (const [how, chunks] of deliveries(Buffer.from("one\n\ntwo é\r\n\0three\r\r\nlast"))) {
  test(`lines are found ${how}`, (t) => {
    t.deepEqual(read(chunks), ["one", "", "two é", "\0three\r", "last"].map(whole));
  });
}

for (const [how, chunks] of deliveries(
  Buffer.from("1234567\n12345678\r\n123456789\n12345678\rx\n1234567\u{1f600}9\r"),
)) {
  test(`a line that is too long is cut ${how}, one of just that length is not`, (t) => {
    const told = read(chunks, 8).map(({ text, part, goesOn }) => `${part}${goesOn ? "+" : ""} ${text}`);
    t.deepEqual(told, [
      "0 1234567",
      "0 12345678",
      "1+ 12345678",
      "2 9",
      "1+ 12345678",
      "2 \rx",
      "1+ 1234567",
      `2 ${Buffer.from("\u{1f600}9").toString("latin1")}`,
    ]);
  });
}

test("all bytes come through, however they are cut and whatever they are", (t) => {
  // Those that mean something, more often than others.
  const byte = fc.oneof(fc.constantFrom(0x0a, 0x0d, 0x61, 0xc3, 0x80, 0xf0, 0x9f), fc.integer({ min: 0, max: 255 }));
  const bytes = fc.array(byte, { maxLength: 80 }).map((all) => Buffer.from(all));
  const sizes = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 });
  fc.assert(
    fc.property(bytes, sizes, fc.integer({ min: 4, max: 20 }), (given, cuts, most) => {
      t.deepEqual(read(cut(given, cuts), most), expected(given, most));
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

test("of an endless line one piece waits, and the others are told", (t) => {
  const lines = new OutputLines();
  const chunk = Buffer.alloc(65_536, "x");
  let bytes = 0;
  for (let i = 0; i < 16; i++) for (const piece of lines.push(chunk)) bytes += piece.bytes.length;
  t.true(bytes >= 16 * chunk.length - PIECE_BYTES - 2 && bytes % PIECE_BYTES === 0, String(bytes));
});
