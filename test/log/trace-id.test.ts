import test from "ava";
import { traceIdOf } from "../../src/log/trace-id.ts";

const trace = "0af7651916cd43dd8448eb211c80319c";
const parent = "b7ad6b7169203331";

for (const [about, value] of [
  ["version 00", `00-${trace}-${parent}-01`],
  ["a trace that is not sampled", `00-${trace}-${parent}-00`],
  ["a later version", `cc-${trace}-${parent}-01`],
  ["a later version that says more", `01-${trace}-${parent}-01-what-the-future-will-be-like`],
] as const) {
  test(`the trace of ${about} is known`, (t) => {
    t.is(traceIdOf(value), trace);
  });
}

for (const [about, value] of [
  ["nothing", undefined],
  ["no text", 5],
  ["an empty text", ""],
  ["capital letters", `00-${trace.toUpperCase()}-${parent}-01`],
  ["a trace of zeros", `00-${"0".repeat(32)}-${parent}-01`],
  ["a parent of zeros", `00-${trace}-${"0".repeat(16)}-01`],
  ["version ff", `ff-${trace}-${parent}-01`],
  ["version 00 that says more", `00-${trace}-${parent}-01-more`],
  ["a later version whose flags go on", `01-${trace}-${parent}-011`],
  ["a trace that is too short", `00-${trace.slice(1)}-${parent}-01`],
  ["no flags", `00-${trace}-${parent}`],
  ["blanks around it", ` 00-${trace}-${parent}-01 `],
  ["a line feed behind it", `00-${trace}-${parent}-01\n`],
  ["a line feed in what a later version says", `01-${trace}-${parent}-01-a\nb`],
  ["two of them, as the environ joins them", `00-${trace}-${parent}-01, 00-${trace}-${parent}-01`],
  ["64 KiB", "0".repeat(65_536)],
] as const) {
  test(`${about} is no trace`, (t) => {
    t.is(traceIdOf(value), undefined);
  });
}
