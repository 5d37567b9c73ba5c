import test from "ava";
import fc from "fast-check";
import { escapeField, escapeLine, formatJson } from "../../src/log/escape.ts";
import { wireText } from "../../src/log/wire-text.ts";

for (const [about, text, field, line = field] of [
  ["plain text", "plain text", "plain text"],
  ["a line feed", "a\nb", "a\\x0Ab"],
  ["a carriage return", "a\rb", "a\\x0Db"],
  ["a NUL", "a\0b", "a\\x00b"],
  ["an escape", "\x1b[31mred", "\\x1B[31mred"],
  ["a delete", "\x7f", "\\x7F"],
  ["a C1 control", "\x9b31m", "\\x9B31m"],
  ["a quote", 'a"b', "a\\x22b", 'a"b'],
  ["a backslash", "a\\b", "a\\x5Cb", "a\\b"],
  ["a tab", "a\tb", "a\\x09b", "a\tb"],
  ["latin-1", "caf\u00e9", "caf\\xE9", "caf\u00e9"],
  ["above U+00FF", "€", "\\xE2\\x82\\xAC", "€"],
  ["a line separator", "a\u2028b", "a\\xE2\\x80\\xA8b"],
  ["a change of direction", "a\u202eb", "a\\xE2\\x80\\xAEb"],
  ["an astral character", "😀", "\\xF0\\x9F\\x98\\x80", "😀"],
] as const) {
  test(`${about} is ${JSON.stringify(field)} in a field and ${JSON.stringify(line)} in a line`, (t) => {
    t.deepEqual([escapeField(text), escapeLine(text)], [field, line]);
  });
}

for (const [about, escape] of [
  ["a field", escapeField],
  ["a line", escapeLine],
  ["text for JSON", wireText],
] as const) {
  test(`${about} is cut behind 2 048 characters`, (t) => {
    t.is(escape("x".repeat(2_048)), "x".repeat(2_048));
    t.is(escape("x".repeat(2_049)), `${"x".repeat(2_048)}...`);
  });
}

test("no character is cut in two", (t) => {
  t.is(escapeLine(`${"x".repeat(2_047)}😀`), `${"x".repeat(2_047)}...`);
});

test("whatever a field is made of, it is printable ASCII without quotes", (t) => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => /^[ !#-~]*$/.test(escapeField(text))));
  t.pass();
});

test("whatever a JSON line holds, it is one line without control characters, and reads back", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-composite" }), fc.string({ unit: "binary-ascii" }), (text, bytes) => {
      const line = formatJson({ text, bytes: `\x9b\u2028${bytes}` });
      t.notRegex(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
      t.deepEqual(JSON.parse(line), { text, bytes: `\x9b\u2028${bytes}` });
    }),
  );
});

for (const [about, given, expected] of [
  ["ASCII as it is", "a\n\x7f", "a\n\x7f"],
  ["UTF-8 as text", "caf\xc3\xa9 \xe2\x82\xac", "café €"],
  ["what is not UTF-8 as latin-1", "caf\xe9", "café"],
  ["UTF-8 with one wrong byte as latin-1", "\xc3\xa9\xff", "Ã©ÿ"],
  ["a surrogate written as UTF-8, which is none, as latin-1", "\xed\xa0\x80", "\xed\xa0\x80"],
  ["a byte order mark as a character", "\xef\xbb\xbfa", "\ufeffa"],
  ["what an application made of it as it is", "\xc3\xa9€", "\xc3\xa9€"],
  ["nothing as missing", "", undefined],
  ["what is no string as missing", 5, undefined],
] as const) {
  test(`bytes of the wire become JSON text: ${about}`, (t) => {
    t.is(wireText(given), expected);
  });
}
