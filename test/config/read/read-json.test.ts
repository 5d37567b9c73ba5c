import { isDeepStrictEqual } from "node:util";
import test from "ava";
import fc from "fast-check";
import { readJsonTree } from "../../../src/config/read/json-tree.ts";
import { readJson } from "../../../src/config/read/read-json.ts";
import { valueOf } from "../../../src/config/read/tree.ts";
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
  ["options stand in the root", '{"processes": 4}', ["processes=4 (4) @1"]],
  ["options stand below uisge, where that is there", '{\n"a": 1,\n"uisge": {"b": true}}', ["b=true @3"]],
  ["options stand below uwsgi, where that is there", '{"uwsgi": {"b": null}}', ["b=null @1"]],
  ["uisge is before uwsgi", '{"uwsgi": {"a": 1}, "uisge": {"b": "x"}}', ['b="x" @1']],
  ["a section without a word says nothing", '{"uisge": null}', []],
  ["each item of a list is said for itself", '{"socket": ["a",\n"b"]}', ['socket[]="a" @1', 'socket[]="b" @2']],
  ["where an editor finds the schema is no option", '{"$schema": "./uisge.schema.json", "a": 1}', ["a=1 (1) @1"]],
  ["an empty list is said", '{"socket": []}', ["socket=[] @1"]],
  ["numbers are also as they were written", '{"a": 1.50, "b": 1E2}', ["a=1.5 (1.50) @1", "b=100 (1E2) @1"]],
  ["a mark of the byte order is passed over", '\ufeff{"a": 1}', ["a=1 (1) @1"]],
  ["escapes are read", '{"\\u0061": "\\ud83d\\ude00\\n"}', ['a="😀\\n" @1']],
] as const) {
  test(rule, async (t) => {
    const read = await readJson(text, "app.json");
    t.deepEqual(wrongIn(read), []);
    t.deepEqual(saidBy(read), [...said]);
  });
}

for (const [text, wrong] of [
  ["", "1:1 the text ends here, a value is needed"],
  ["{\n  'a': 1}", '2:3 "\'" is not JSON here, a key in double quotes is needed'],
  ['{"a": 1,\n}', '2:1 "}" is not JSON here, a key in double quotes is needed'],
  ['{"a" 1}', '1:6 "1" is not JSON here, ":" is needed'],
  ['{"a": [1 2]}', '1:10 "2" is not JSON here, "," or "]" is needed'],
  ['{"a": 01}', '1:8 "1" is not JSON here, "," or "}" is needed'],
  ['{"a": "x\n"}', '1:9 "\\n" is not JSON here, the closing quote is needed'],
  ['{"a": "\\q"}', "1:8 \\q is no escape of JSON"],
  ['{"a": tru}', '1:7 "t" is not JSON here, a value is needed'],
  ['{"a": \u001b}', '1:7 "\\u001b" is not JSON here, a value is needed'],
  ["{} // x", '1:4 "/" is not JSON here, the end of the file is needed'],
  ["[]", "1:1 it holds a list, an object of options is needed"],
  ['"x"', "1:1 it holds a text, an object of options is needed"],
  ['{"uisge": 5}', '1:2 "uisge" holds a number, an object of options is needed'],
  ["[".repeat(1_000_000), "1:65 it is nested more than 64 deep"],
] as const) {
  test(`refused: ${JSON.stringify(text.slice(0, 20))}`, async (t) => {
    const read = await readJson(text, "app.json");
    t.deepEqual(read.givens, []);
    t.deepEqual(wrongIn(read), [wrong]);
  });
}

test("a key that is said twice is told with both lines, wherever it stands", async (t) => {
  const read = await readJson('{"a": {"b": 1,\n"b": 2},\n"a": 3}', "app.json");
  t.deepEqual(wrongIn(read), ['2:1 "b" is said twice, first on line 1', '3:1 "a" is said twice, first on line 1']);
});

test("of many faults the first 20 are told", async (t) => {
  const read = await readJson(`{${Array.from({ length: 100 }, () => '"a": 1').join(",")}}`, "app.json");
  t.is(read.problems.length, 20);
});

test("a section that is asked for is found, and the others are named", async (t) => {
  const text = '{"web": {"a": 1}, "api": {"b": 2}, "uisge": {}}';
  const read = await readJson(text, "app.json", "api");
  t.deepEqual(saidBy(read), ["b=2 (2) @1"]);
  t.deepEqual(read.sections, ["web", "uisge"]);
  t.deepEqual((await readJson('{"a": {}}', "app.json")).sections, []);
});

for (const [text, wrong] of [
  ['{"web": {}, "api": {}}', 'there is no section "apj", did you mean "api"?'],
  ['{"web": {}, "cron": {}}', 'there is no section "apj", there are "web", "cron"'],
  ["{}", 'there is no section "apj", there is none at all'],
  [JSON.stringify(Object.fromEntries("qwertyuiopzl".split("").map((key) => [`${key}00`, 1]))), /"p00" and 2 more$/],
] as const) {
  test(`a section that is not there is refused: ${text}`, async (t) => {
    const [problem, ...others] = wrongIn(await readJson(text, "app.json", "apj"));
    t.deepEqual(others, []);
    if (typeof wrong === "string") t.is(problem, wrong);
    else t.regex(problem ?? "", wrong);
  });
}

test("names of the prototype are keys as any other", async (t) => {
  const read = await readJson('{"__proto__": {"__proto__": {"x": 1}}, "constructor": 1}', "app.json");
  t.deepEqual(saidBy(read), ['__proto__={"__proto__":{"x":1}} @1', "constructor=1 (1) @1"]);
  const [given] = read.givens;
  t.is(Object.getPrototypeOf(given?.value), Object.prototype);
  t.is((given?.value as { x?: unknown } | undefined)?.x, undefined);
});

test("where a part of a value stands is told, or else as far as the path leads", async (t) => {
  const { givens } = await readJson('{"auth":\n{"basic":\n{"users":\n["a",\n"b"]}}}', "app.json");
  const line = (...path: (string | number)[]) => {
    const origin = givens[0]?.at?.(path);
    return origin?.kind === "file" ? origin.line : undefined;
  };
  t.deepEqual([line(), line("basic"), line("basic", "users", 1)], [2, 3, 5]);
  t.deepEqual([line("basic", "realm"), line("basic", "users", 9), line("__proto__")], [3, 4, 2]);
});

test("any object that is written is read as it was, and each value stands where it is said to", async (t) => {
  await fc.assert(
    fc.asyncProperty(anyOptions, fc.constantFrom(0, 2), async (options, indent) => {
      const read = await readJson(JSON.stringify({ uisge: options }, null, indent), "app.json");
      t.deepEqual(read.problems, []);
      t.true(isDeepStrictEqual(optionsOf(read.givens), new Map(Object.entries(options))));
    }),
  );
  await fc.assert(
    fc.asyncProperty(placedOptions, fc.constantFrom(0, 2), async (options, indent) => {
      const text = JSON.stringify(options, null, indent);
      const { givens } = await readJson(text, "app.json");
      t.deepEqual(
        givens.flatMap((given) => misplacedIn(text, given)),
        [],
      );
    }),
  );
});

test("what JSON.parse takes is taken, with the same values, and nothing else", (t) => {
  const nearlyJson = fc.json().chain((text) =>
    fc.tuple(fc.nat(text.length), fc.nat(3), fc.string({ maxLength: 2 })).map(([at, cut, more]) => {
      return text.slice(0, at) + more + text.slice(at + cut);
    }),
  );
  fc.assert(
    fc.property(fc.oneof(nearlyAnything, nearlyJson, fc.json()), (text) => {
      const { tree, faults } = readJsonTree(text);
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        return tree === undefined && faults.length === 1;
      }
      const isTwice = faults.some(({ message }) => message.includes("said twice"));
      return tree !== undefined && (isTwice || isDeepStrictEqual(valueOf(tree), value));
    }),
    { numRuns: 500 },
  );
  t.pass();
});
