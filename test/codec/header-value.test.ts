import test from "ava";
import fc from "fast-check";
import { isFieldValue, isLengthValue, trimValue } from "../../src/codec/header-value.ts";

/** Values of all lengths around the step from loop to expression, made of what matters. */
const values: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 20, arbitrary: fc.string({ maxLength: 12 }) },
      fc.constantFrom(
        "\r",
        "\n",
        "\0",
        "\t",
        " ",
        "\x7f",
        "\x80",
        "\xff",
        "\u0100",
        "\u2028",
        "\ud800",
        "é",
        "x".repeat(60),
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

/** The rule in other words: tab, or a visible character, or a blank that is not at an edge; one byte each. */
function mayGoOut(value: string): boolean {
  const units = Array.from({ length: value.length }, (_, i) => value.charCodeAt(i));
  const isEdge = (i: number): boolean => i === 0 || i === units.length - 1;
  return units.every((unit, i) => {
    if (unit === 9 || unit === 32) return !isEdge(i);
    return unit > 32 && unit !== 127 && unit < 256;
  });
}

test("a value may go out when it is latin-1 without control characters but tab, and without blanks at its edges", (t) => {
  fc.assert(
    fc.property(values, (value) => {
      t.is(isFieldValue(value), mayGoOut(value), JSON.stringify(value));
    }),
    { numRuns: 3_000 },
  );
});

for (const length of [1, 63, 64, 65, 1_000]) {
  test(`each character alone is judged the same at every place of ${length}`, (t) => {
    for (let unit = 0; unit < 0x180; unit++) {
      for (const at of new Set([0, length >> 1, length - 1])) {
        const value = `${"x".repeat(at)}${String.fromCharCode(unit)}${"x".repeat(length - at - 1)}`;
        if (isFieldValue(value) !== mayGoOut(value)) t.fail(`U+${unit.toString(16)} at ${at}`);
      }
    }
    t.pass();
  });
}

test("a value has no blanks at its edges when it is trimmed, and is otherwise as it was", (t) => {
  fc.assert(
    fc.property(values, (value) => {
      t.is(trimValue(value), value.replace(/^[ \t]*/, "").replace(/(?<![ \t])[ \t]*$/, ""), JSON.stringify(value));
    }),
  );
});

for (const value of ["0", "7", "007", "123456789012345"]) {
  test(`${value} is a length`, (t) => {
    t.true(isLengthValue(value));
  });
}

for (const value of ["", "1234567890123456", "+1", "-1", "1 ", "1,1", "0x1", "1e3", "1.0", "\u0661", "1\n"]) {
  test(`${JSON.stringify(value)} is no length`, (t) => {
    t.false(isLengthValue(value));
  });
}
