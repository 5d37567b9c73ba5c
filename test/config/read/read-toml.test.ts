import { isDeepStrictEqual } from "node:util";
import test from "ava";
import fc from "fast-check";
import { readToml } from "../../../src/config/read/read-toml.ts";
import {
  anyOptions,
  misplacedIn,
  nearlyAnything,
  optionsOf,
  placedOptions,
  saidBy,
  wrongIn,
} from "../../helpers/read-files.ts";

for (const [rule, text, said] of [
  ["options stand in the root", 'processes = 4\nname = "web"', ["processes=4 (4) @1", 'name="web" @2']],
  ["options stand below uisge, where that is there", "a = 1\n[uisge]\nb = true", ["b=true @3"]],
  ["a file without a word says nothing", "# nothing\n", []],
  ["each item of a list is said for itself", 'socket = ["a",\n"b"]', ['socket[]="a" @1', 'socket[]="b" @2']],
  ["an empty list is said", "socket = []", ["socket=[] @1"]],
  [
    "numbers are also as they were written",
    "a = 0o660\nb = 1_000\nc = +1.50\nd = 0x1F",
    ["a=432 (0o660) @1", "b=1000 (1_000) @2", "c=1.5 (+1.50) @3", "d=31 (0x1F) @4"],
  ],
  ["what is no number in JSON is one here", "a = -inf\nb = nan", ["a=-Infinity (-inf) @1", "b=NaN (nan) @2"]],
  ["a big number is as it was written", "a = 9223372036854775807", ["a=9223372036854776000 (9223372036854775807) @1"]],
  ["a date is a text", "a = 2026-11-29\nb = 07:32:00", ['a="2026-11-29" @1', 'b="07:32:00" @2']],
  ["keys with dots are objects", "a.b.c = 1\na.d = 2", ['a={"b":{"c":1},"d":2} @1']],
  [
    "tables are objects",
    "[uisge]\na = 1\n[uisge.b.c]\nd = 2\n[uisge.b]\ne = 3",
    ["a=1 (1) @2", 'b={"c":{"d":2},"e":3} @3'],
  ],
  [
    "tables in double brackets are items",
    "[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 3",
    ['a[]={"b":1} @1', 'a[]={"b":2,"c":{"d":3}} @3'],
  ],
  ["lines may end as on Windows", "a = 1\r\nb = [\r\n2]", ["a=1 (1) @1", "b[]=2 (2) @3"]],
  ["a mark of the byte order is passed over", "\ufeffa = 1", ["a=1 (1) @1"]],
  [
    "names of the prototype are keys as any other",
    "__proto__.x = 1\nconstructor = 2",
    ['__proto__={"x":1} @1', "constructor=2 (2) @2"],
  ],
] as const) {
  test(rule, async (t) => {
    const read = await readToml(text, "app.toml");
    t.deepEqual(wrongIn(read), []);
    t.deepEqual(saidBy(read), [...said]);
  });
}

for (const [text, wrong] of [
  ["a =\n\nb = 1", "1:4 a value is missing"],
  ["a = ", "1:5 a value is missing"],
  ["a\nb = 1", '1:2 "=" is needed here'],
  ["[a\nb = 1", '1:3 "]" is needed here'],
  ["a = [1\nb = 2", '2:1 "b" cannot stand here'],
  ["a = [1", '1:7 the closing "]" is missing'],
  ["a = 'x\nb = 1", "1:7 the closing quote is missing"],
  ["a = 1 b = 2", "1:7 a new line is needed here"],
  ["a = tru", '1:5 "t" cannot stand here'],
  ['a = "😀" x', "1:10 a new line is needed here"],
  ["a = 0660", "1:5 Leading zeros are not allowed"],
  ["a = 1979-13-01", "1:14 it is no date that there is"],
  ["a = \u001b", '1:5 "\\u001b" cannot stand here'],
  ["a = 1\na = 2", '2:1 "a" is said twice, first on line 1'],
  ["[a]\nb = 1\n[c]\nb = 2\nb = 3", '5:1 "b" is said twice, first on line 4'],
  ["[a.x]\n[b.x]\n[b.x]", '3:4 "x" is said twice, first on line 2'],
  ["a = {b = 1, b = 2}", "1:13 a key is said twice"],
  ["uisge = 5", '1:1 "uisge" holds a number, an object of options is needed'],
  [`a = ${"[".repeat(65)}${"]".repeat(65)}`, "1:68 it is nested more than 64 deep"],
  [`${"a.".repeat(65)}a = 1`, "1:1 it is nested more than 64 deep"],
  [`[${"a.".repeat(65)}a]`, "1:1 it is nested more than 64 deep"],
] as const) {
  test(`refused: ${JSON.stringify(text.slice(0, 20))}`, async (t) => {
    t.deepEqual(wrongIn(await readToml(text, "app.toml")), [wrong]);
  });
}

test("where the parser gives up is a problem", async (t) => {
  const depth = 30_000;
  const read = await readToml(`a = ${"[".repeat(depth)}${"]".repeat(depth)}`, "app.toml");
  t.deepEqual(read.givens, []);
  t.regex(wrongIn(read)[0] ?? "", /^it cannot be read: RangeError/);
});

test("a section that is asked for is needed", async (t) => {
  const text = "[web]\na = 1\n[api]\nb = 2";
  t.deepEqual(saidBy(await readToml(text, "app.toml", "api")), ["b=2 (2) @4"]);
  t.deepEqual((await readToml(text, "app.toml", "api")).sections, ["web"]);
  t.deepEqual(wrongIn(await readToml(text, "app.toml", "apj")), ['there is no section "apj", did you mean "api"?']);
});

/** TOML has no null, and writes the strings of JSON but for DEL. */
function tomlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlOf).join(", ")}]`;
  if (typeof value !== "object" || value === null) return textOf(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${textOf(key)} = ${tomlOf(inner)}`)
    .join(", ")}}`;
}

function textOf(value: unknown): string {
  return JSON.stringify(value).replaceAll("\u007f", "\\u007f");
}

function withoutNull(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) => inner ?? "none");
}

test("any object that is written is read as it was, and each value stands where it is said to", async (t) => {
  // A lone surrogate is no character, and TOML is made of characters.
  const isWritable = (options: unknown) => !/\\ud[89a-f]/.test(JSON.stringify(options));
  await fc.assert(
    fc.asyncProperty(anyOptions.filter(isWritable), async (some) => {
      const options = withoutNull(some) as Record<string, unknown>;
      const lines = Object.entries(options).map(([key, value]) => `${textOf(key)} = ${tomlOf(value)}\n`);
      const read = await readToml(`[uisge]\n${lines.join("")}`, "app.toml");
      t.deepEqual(read.problems, []);
      t.true(isDeepStrictEqual(optionsOf(read.givens), new Map(Object.entries(options))), lines.join(""));
    }),
  );
  await fc.assert(
    fc.asyncProperty(placedOptions, async (options) => {
      const text = Object.entries(options)
        .map(([key, value]) => `${textOf(key)} = ${tomlOf(value)}\n`)
        .join("\n");
      const { givens } = await readToml(text, "app.toml");
      t.deepEqual(
        givens.flatMap((given) => misplacedIn(text, given)),
        [],
      );
    }),
  );
});

test("whatever stands in a file, it is read or refused, in lines of visible text", async (t) => {
  await fc.assert(
    fc.asyncProperty(nearlyAnything, async (text) => {
      const { problems } = await readToml(text, "app.toml");
      // oxlint-disable-next-line no-control-regex -- what must not be there
      for (const { message } of problems) t.regex(message, /^[^\x00-\x1f\x7f-\x9f]{1,310}$/);
    }),
    { numRuns: 500 },
  );
  t.pass();
});
