import test from "ava";
import fc from "fast-check";
import { linesOfKeys } from "../../../src/config/read/module-lines.ts";
import { nearlyAnything } from "../../helpers/read-files.ts";

for (const [rule, text, lines] of [
  ["keys are found with and without quotes", "({\n  a: 1,\n  'b': 2,\n  \"c\": 3\n})", { a: 2, b: 3, c: 4 }],
  [
    "what a comment or a text holds is no key",
    "// { a: 1 }\n/* {\n a: 1 } */ const x = '{ a: 1 }', y = `{\n a: 1 }`;\n({ a: 2 })",
    { a: 5 },
  ],
  ["what a condition or a type holds is no key", "let a: number = b ? a : b;\n({ a: 2 })", { a: 2 }],
  ["the object with most of the keys is meant", "({ a: 1, inner: {\n b: 1, c: 2, a: 3 } })", { a: 2, b: 2, c: 2 }],
  ["as many keys further outside are nearer", "({ a: 1, inner: {\n a: 3 } })", { a: 1 }],
  ["two keys in objects as deep are told apart by nobody", "({ a: 1,\n b: 2 });\n({ a: 1 })", { b: 2 }],
  ["braces that do not match tell nothing", "({ a: 1 }", {}],
  ["what stands in brackets is no key", "[a, b]\n({ c: [1, a] })", { c: 2 }],
] as const) {
  test(rule, (t) => {
    t.deepEqual(Object.fromEntries(linesOfKeys(text, ["a", "b", "c"])), lines);
  });
}

test("whatever stands in a program, a line that is told has the name in it", (t) => {
  fc.assert(
    fc.property(nearlyAnything, (text) => {
      const lines = text.split("\n");
      return [...linesOfKeys(text, ["a", "b"])].every(([name, line]) => lines[line - 1]?.includes(name));
    }),
    { numRuns: 500 },
  );
  t.pass();
});
