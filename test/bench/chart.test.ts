import test from "ava";
import { chart } from "../../bench/report/chart.ts";
import { rowsOf } from "../../bench/report/results.ts";
import { answer, measured } from "./made-up.ts";

const hello = answer(
  "hello",
  measured("uisge-net/unix", 140, 150, 160),
  measured("node-http/unix", 100, 100, 100),
  measured("node-fastcgi/unix", 3_000, 3_000, 3_000),
  measured("node-http/tcp", 100, 100, 100),
);

const concurrency = {
  ...answer("concurrency"),
  rows: [
    ...rowsOf("1 connection", [measured("uisge-net/unix", 20), measured("node-http/unix", 10)]),
    ...rowsOf("32 connections", [measured("uisge-net/unix", 40), measured("node-http/unix", 10)]),
  ],
};

/** Lengths of the bars, in order. */
function barsOf(svg: string): number[] {
  return Array.from(svg.matchAll(/<rect [^>]*width="([\d.]+)" height="18"/g), ([, width]) => Number(width));
}

test("a bar is as long as its multiple of node:http", (t) => {
  const [ours, nodeHttp] = barsOf(chart([hello]));
  t.is((ours ?? 0) / (nodeHttp ?? 1), 1.5);
});

test("bars that are too long are cut, and say what they are", (t) => {
  const svg = chart([hello]);
  const [, nodeHttp, fastcgi] = barsOf(svg);
  t.is((fastcgi ?? 0) / (nodeHttp ?? 1), 4);
  t.true(svg.includes("» 30 (30-30)"));
});

test("bars are for unix sockets, which all have", (t) => {
  t.is(barsOf(chart([hello])).length, 3);
});

test("twice the cost is the same distance, wherever on the curve", (t) => {
  const heights = Array.from(chart([concurrency]).matchAll(/<circle [^>]*cy="([\d.]+)"/g), ([, cy]) => Number(cy));
  const [ours1, ours32, node1] = heights as [number, number, number];
  t.true(Math.abs(ours1 - ours32 - (node1 - ours1)) < 0.2, heights.join(" "));
});

test("the points of the curve are named by their connections", (t) => {
  const svg = chart([concurrency]);
  t.regex(svg, />1<\/text>/);
  t.regex(svg, />32<\/text>/);
});

test("dark pages have colours of their own", (t) => {
  t.true(chart([hello]).includes("prefers-color-scheme: dark"));
});

test("titles cannot break the markup", (t) => {
  const row = { ...measured("uisge-net/unix", 1), title: "<a> & b" };
  const svg = chart([answer("hello", row, measured("node-http/unix", 1))]);
  t.true(svg.includes("&lt;a&gt; &amp; b"));
});

test("the same results give the same chart", (t) => {
  t.is(chart([hello, concurrency]), chart([hello, concurrency]));
});

test("no figure in the chart is no number", (t) => {
  t.notRegex(chart([hello, concurrency]), /NaN|Infinity|undefined/);
});
