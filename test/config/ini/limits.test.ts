/** No file makes the reader run for long or take all memory. */
import test from "ava";
import { type IniResult, readIni } from "../../../src/config/ini/read-ini.ts";
import { type Files, memoryHost } from "./hosts.ts";

/** Reads `a`. Without limits, most of these would run for hours, or out of memory. */
function readQuickly(files: Files): IniResult & { readonly messages: readonly string[] } {
  const host = memoryHost(files, { env: { LONG: "x".repeat(60_000) } });
  const result = readIni("a", undefined, host);
  return { ...result, messages: result.problems.map(({ message }) => message) };
}

test("placeholders that double a value are cut off", (t) => {
  const lines = Array.from({ length: 40 }, (_, index) => `v${index} = %(v${index + 1})%(v${index + 1})`);
  const { messages } = readQuickly({ a: `[uwsgi]\n${lines.join("\n")}\nv40 = xxxxxxxxxx` });
  t.true(messages.includes("the value has more than 65536 characters when all is put in"));
});

test("long values that are put in often are cut off", (t) => {
  const { messages, entries } = readQuickly({ a: `[uwsgi]\n${"a = $(LONG)\n".repeat(5_000)}` });
  t.true(messages[0]?.startsWith("all that is put in for references is too long"));
  const length = entries.reduce((sum, { value }) => sum + String(value).length, 0);
  t.true(length < 5_000_000, String(length));
});

test("a long %(_) is cut off", (t) => {
  const { messages } = readQuickly({ a: `[uwsgi]\nfor = ${"x".repeat(60_000)}\na = ${"%(_)".repeat(1_000)}\nendfor` });
  t.deepEqual(messages, ["the value has more than 65536 characters when %(_) is put in"]);
});

test("long values in long loops are cut off", (t) => {
  const { messages, entries } = readQuickly({ a: `[uwsgi]\nfor-times = 9000\na = ${"$(NO)".repeat(10_000)}\nendfor` });
  t.is(messages[0], "more than 4194304 characters in all values: the rest is not read");
  t.is(entries.length, 83);
});

test("references to files are cut off", (t) => {
  const host = memoryHost({ a: `[uwsgi]\n${`a = ${"@(b)".repeat(1_000)}\n`.repeat(20)}`, b: "b" });
  const [problem] = readIni("a", undefined, host).problems;
  t.true(problem?.message.startsWith("all that is put in for references is too long"));
  t.is(host.reads.filter((path) => path === "b").length, 1_024);
});

test("long loops are cut off", (t) => {
  const { messages, entries } = readQuickly({ a: `[uwsgi]\nfor-times = 10000\n${"a\n".repeat(1_000)}endfor` });
  t.deepEqual(messages, ["more than 10000 options: the rest is not read"]);
  t.is(entries.length, 9_999);
});

test("loops over nothing are cut off", (t) => {
  const { messages } = readQuickly({ a: `[uwsgi]\nfor =\n${"a\n".repeat(200_000)}endfor` });
  t.deepEqual(messages, ["more than 100000 lines, those of loops counted each time: the rest is not read"]);
});

test("a chain of files is cut off", (t) => {
  const names = Array.from({ length: 40 }, (_, index) => [`f${index}`, `[uwsgi]\nini = f${index + 1}`] as const);
  const { messages } = readQuickly({ a: "[uwsgi]\nini = f0", ...Object.fromEntries(names) });
  t.deepEqual(messages, ["more than 16 files include each other"]);
});

test("files that include the next one twice are cut off", (t) => {
  const names = Array.from({ length: 14 }, (_, index) => {
    return [`f${index}`, `[uwsgi]\nini = f${index + 1}\nini = f${index + 1}`] as const;
  });
  const { messages } = readQuickly({ a: "[uwsgi]\nini = f0", f14: "[uwsgi]\nx", ...Object.fromEntries(names) });
  t.deepEqual(messages, ["more than 256 files and sections are included"]);
});

test("a file that is too large is not read", (t) => {
  const { messages } = readQuickly({ a: " ".repeat(1_048_577) });
  t.deepEqual(messages, [
    '"a" cannot be read: 1048577 bytes, at most 1048576 are read; relative paths begin at "/srv"',
  ]);
});

test("a host that gives more than it was asked for is not believed", (t) => {
  const host = memoryHost({}, { readText: () => " ".repeat(1_048_577) });
  const [problem] = readIni("/a", undefined, host).problems;
  t.is(problem?.message, '"/a" cannot be read: more than 1048576 bytes');
});

test("at most 100 problems are told", (t) => {
  t.is(readQuickly({ a: `[uwsgi]\n${"= 1\n".repeat(500)}` }).messages.length, 100);
});
