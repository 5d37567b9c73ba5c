import { isDeepStrictEqual } from "node:util";
import test from "ava";
import fc from "fast-check";
import { stringify } from "yaml";
import { readYaml } from "../../../src/config/read/read-yaml.ts";
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
  ["options stand in the root", "processes: 4\nname: web", ["processes=4 (4) @1", 'name="web" @2']],
  ["options stand below uisge, where that is there", "a: 1\nuisge:\n  b: true", ["b=true @3"]],
  ["a document without a word says nothing", "# nothing\n", []],
  ["a section without a word says nothing", "uisge:\n", []],
  ["each item of a list is said for itself", "socket:\n- a\n- b", ['socket[]="a" @2', 'socket[]="b" @3']],
  ["an empty list is said", "socket: []", ["socket=[] @1"]],
  ["no value is null", "a:\nb: ~\nc: null", ["a=null @1", "b=null @2", "c=null @3"]],
  [
    "numbers are also as they were written: the mode 0660 is 660 in YAML 1.2",
    "a: 0660\nb: 0o660\nc: +1.50\nd: 0x1F",
    ["a=660 (0660) @1", "b=432 (0o660) @2", "c=1.5 (+1.50) @3", "d=31 (0x1F) @4"],
  ],
  ["a mode in YAML 1.1 is octal", "%YAML 1.1\n---\na: 0660\nb: yes", ["a=432 (0660) @3", "b=true @4"]],
  ["what is no number in JSON is one here", "a: .inf\nb: .nan", ["a=Infinity (.inf) @1", "b=NaN (.nan) @2"]],
  [
    "a big number is as it was written",
    "a: 12345678901234567890",
    ["a=12345678901234567000 (12345678901234567890) @1"],
  ],
  ["a date is a text", "a: 2026-11-29\nb: 1_000", ['a="2026-11-29" @1', 'b="1_000" @2']],
  ["the type of a plain value can be said", 'a: !!str 0660\nb: !!int "3"', ['a="0660" @1', "b=3 (3) @2"]],
  ["a key is as it was written", "404: a\ntrue: b\nnull: c", ['404="a" @1', 'true="b" @2', 'null="c" @3']],
  ["a mark of the byte order is passed over", "\ufeffa: 1", ["a=1 (1) @1"]],
  [
    "an alias stands for what its anchor is at",
    "a: &x {k: 1}\nb: *x\nc: [*x]",
    ['a={"k":1} @1', 'b={"k":1} @2', 'c[]={"k":1} @3'],
  ],
  [
    "an anchor may be given anew",
    "a: &x 1\nb: *x\nc: &x 2\nd: *x",
    ["a=1 (1) @1", "b=1 (1) @2", "c=2 (2) @3", "d=2 (2) @4"],
  ],
  [
    "what is merged counts less than what is said",
    "base: &b\n  p: 1\n  q: 2\nuisge:\n  q: 3\n  <<: *b",
    ["p=1 (1) @2", "q=3 (3) @5"],
  ],
  [
    "of what is merged the first counts",
    "x: &x {p: 1}\ny: &y {p: 2, q: 3}\nuisge:\n  <<: [*x, *y]",
    ["p=1 (1) @1", "q=3 (3) @2"],
  ],
  ["in quotes << is a key as any other", '"<<": 1', ["<<=1 (1) @1"]],
] as const) {
  test(rule, async (t) => {
    const read = await readYaml(text, "app.yaml");
    t.deepEqual(wrongIn(read), []);
    t.deepEqual(saidBy(read), [...said]);
  });
}

const PLAIN = "is not known here, only those of plain values are";

for (const [text, ...wrong] of [
  ["a: [1,\nb: 2", "2:1 Flow sequence in block collection must be sufficiently indented and end with a ]"],
  ["a:\n\t- 1", "2:1 Tabs are not allowed as indentation"],
  ["a: 'x", "1:6 Missing closing quote"],
  ["a: b: c", "1:4 Nested mappings are not allowed in compact mappings"],
  ["a: 1\n---\na: 2", "2:1 a second document begins (---), one is needed"],
  ["- a", "1:1 it holds a list, an object of options is needed"],
  ["uisge: 5", '1:1 "uisge" holds a number, an object of options is needed'],
  ["a: {b: 1}\na: 2", '2:1 "a" is said twice, first on line 1'],
  ["a: {b: 1,\n b: 2}", '2:2 "b" is said twice, first on line 1'],
  ["a: !js x", `1:8 the tag "!js" ${PLAIN}`],
  ["a: !!binary aa", `1:13 the tag "tag:yaml.org,2002:binary" ${PLAIN}`],
  ["!x\na: 1", `2:1 the tag "!x" ${PLAIN}`],
  ["a: *x", "1:4 *x stands for nothing: there is no &x before"],
  ["a: &x [*x]", "1:8 *x stands inside of what it stands for"],
  ["a: &x 1\n<<: *x", "2:1 << merges objects: an alias of one is needed, or a list of such"],
  ["<<: {a: 1}\n<<: {b: 1}", '2:1 "<<" is said twice, first on line 1'],
  ["? [a]\n: 1", "1:3 a key is a text, not a list, an object or an alias"],
  ["a: &x b\n*x : 1", "2:1 a key is a text, not a list, an object or an alias"],
  [": 1", "1:1 there is a value without a key"],
  [`a: ${"[".repeat(65)}${"]".repeat(65)}`, "1:67 it is nested more than 64 deep"],
  ["a: *\u001b2J", "1:4 *\\u001b2J stands for nothing: there is no &\\u001b2J before"],
] as const) {
  test(`refused: ${JSON.stringify(text.slice(0, 20))}`, async (t) => {
    t.deepEqual(wrongIn(await readYaml(text, "app.yaml")), wrong);
  });
}

test("a text that breaks the grammar says nothing of options", async (t) => {
  t.deepEqual((await readYaml("a: 1\nb: [", "app.yaml")).givens, []);
});

test("a section that is asked for is needed", async (t) => {
  t.deepEqual(saidBy(await readYaml("web:\n  a: 1\napi:\n  b: 2", "app.yaml", "api")), ["b=2 (2) @4"]);
  t.deepEqual((await readYaml("web:\n  a: 1\napi:\n  b: 2", "app.yaml", "api")).sections, ["web"]);
  t.deepEqual(wrongIn(await readYaml("", "app.yaml", "api")), ['there is no section "api", there is none at all']);
});

test("a few lines of aliases that stand for billions of values are a problem", async (t) => {
  const line = (n: number) => `a${n}: &a${n} [${Array.from({ length: 10 }, () => `*a${n - 1}`).join(",")}]`;
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]", ...Array.from({ length: 10 }, (_, n) => line(n + 1))];
  const read = await readYaml(lines.join("\n"), "app.yaml");
  t.deepEqual(
    wrongIn(read).map((problem) => problem.replace(/^\d+:\d+ /, "")),
    ["aliases add more than 10000 values up to here"],
  );
  const merges = lines.map((text) => text.replace(/\[.*\]/, (list) => `{<<: ${list.replaceAll("x", "{a: 1}")}}`));
  t.true((await readYaml(merges.join("\n"), "app.yaml")).problems.length > 0);
});

test("thousands of keys are read, and thousands of brackets are refused", async (t) => {
  const keys = Array.from({ length: 10_000 }, (_, n) => `k${n}: v`).join("\n");
  t.is((await readYaml(keys, "app.yaml")).givens.length, 10_000);
  t.is((await readYaml("[".repeat(5_000), "app.yaml")).problems.length, 1);
});

test("any object that is written is read as it was, and each value stands where it is said to", async (t) => {
  await fc.assert(
    fc.asyncProperty(anyOptions, fc.boolean(), async (options, isFlow) => {
      // A key << is written as a merge key, unless it is quoted.
      const isQuoted = JSON.stringify(options).includes('"<<":');
      const text = stringify(
        { uisge: options },
        {
          ...(isQuoted ? { defaultKeyType: "QUOTE_DOUBLE" } : {}),
          ...(isFlow ? { collectionStyle: "flow" } : {}),
        },
      );
      const read = await readYaml(text, "app.yaml");
      t.deepEqual(read.problems, []);
      t.true(isDeepStrictEqual(optionsOf(read.givens), new Map(Object.entries(options))), text);
    }),
  );
  await fc.assert(
    fc.asyncProperty(placedOptions, fc.boolean(), async (options, isFlow) => {
      const text = stringify(options, isFlow ? { collectionStyle: "flow" } : {});
      const { givens } = await readYaml(text, "app.yaml");
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
      const { problems } = await readYaml(text, "app.yaml");
      // oxlint-disable-next-line no-control-regex -- what must not be there
      for (const { message } of problems) t.regex(message, /^[^\x00-\x1f\x7f-\x9f]{1,310}$/);
    }),
    { numRuns: 500 },
  );
  t.pass();
});
