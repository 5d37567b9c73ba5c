import test from "ava";
import { excerptOf } from "../../../src/middleware/errors/excerpt.ts";

const source = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`).join("\n");
const numbers = (line: number): (number | undefined)[] => {
  const lines = excerptOf(source, line, 1) ?? [];
  return [lines[0]?.number, lines.find(({ isHere }) => isHere)?.number, lines.at(-1)?.number];
};

test("five lines before and behind are shown", (t) => {
  t.deepEqual(numbers(10), [5, 10, 15]);
});

test("at the edges of a source there are fewer", (t) => {
  t.deepEqual(
    [numbers(1), numbers(20)],
    [
      [1, 1, 6],
      [15, 20, 20],
    ],
  );
});

test("a line that the source does not have has no excerpt", (t) => {
  t.deepEqual([excerptOf(source, 0, 1), excerptOf(source, 21, 1)], [undefined, undefined]);
});

test("lines end as editors see it", (t) => {
  t.deepEqual(
    excerptOf("a\r\nb\rc\n", 2, 1)?.map(({ text }) => text),
    ["a", "b", "c", ""],
  );
});

test("of a long line what is around the place is shown", (t) => {
  const [line] = excerptOf(`${"a".repeat(5_000)}HERE${"b".repeat(5_000)}`, 1, 5_001) ?? [];
  t.is(line?.text.slice(line.column, (line.column ?? 0) + 4), "HERE");
  t.true((line?.text.length ?? 0) < 200);
});

test("a place behind the end of its line is at the end", (t) => {
  const [line] = excerptOf("abc", 1, 50) ?? [];
  t.is(line?.column, 3);
});
