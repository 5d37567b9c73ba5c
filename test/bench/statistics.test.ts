import test from "ava";
import { quantile, spreadOf } from "../../bench/report/statistics.ts";

test("the spread of five rounds is the second, third and fourth of them in order", (t) => {
  t.deepEqual(spreadOf([5, 1, 4, 2, 3]), { median: 3, low: 2, high: 4 });
});

test("one round has no spread", (t) => {
  t.deepEqual(spreadOf([7]), { median: 7, low: 7, high: 7 });
});

test("between two values a quantile lies in proportion", (t) => {
  t.is(quantile([10, 20], 0.25), 12.5);
});

test("values are not put in order where they are", (t) => {
  const values = [3, 1, 2];
  spreadOf(values);
  t.deepEqual(values, [3, 1, 2]);
});

test("values are ordered as numbers", (t) => {
  t.is(quantile([100, 9, 20], 0.5), 20);
});
