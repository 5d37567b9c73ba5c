import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { readModule } from "../../../src/config/read/read-module.ts";
import { saidBy, wrongIn } from "../../helpers/read-files.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

for (const [rule, name, text, said] of [
  [
    "the default export is an object",
    "app.mjs",
    "export default {\n  processes: 4,\n  'max-requests': 10,\n};",
    ["processes=4 @2", "max-requests=10 @3"],
  ],
  ["a CommonJS module exports its object", "app.cjs", "module.exports = { processes: 4 };", ["processes=4 @1"]],
  [
    "TypeScript is read",
    "app.ts",
    "const n: number = 4;\nexport default { processes: n } as const;",
    ["processes=4 @2"],
  ],
  [
    "a function gets the environment",
    "app.mjs",
    "export default ({ env }) => ({\n  name: env.NAME,\n});",
    ['name="web" @2'],
  ],
  ["a function may promise", "app.mjs", "export default async () => ({ a: await 1 });", ["a=1 @1"]],
  ["a promise is waited for", "app.mjs", "export default Promise.resolve({ a: 1 });", ["a=1 @1"]],
  [
    "options stand below uisge, where that is there",
    "app.mjs",
    "export default { x: 1,\nuisge: { a: 1 } };",
    ["a=1 @2"],
  ],
  [
    "each item of a list is said for itself",
    "app.mjs",
    "export default { a: ['x', undefined, 'y'], b: [] };",
    ['a[]="x" @1', 'a[]="y" @1', "b=[] @1"],
  ],
  ["what is undefined says nothing", "app.mjs", "export default { a: undefined, b: null };", ["b=null @1"]],
  ["a section without a word says nothing", "app.mjs", "export default { uisge: undefined };", []],
  [
    "what is not written as a key has no line",
    "app.mjs",
    "const a = 1;\nexport default { a, ['b' + 1]: 2 };",
    ["a=1", "b1=2"],
  ],
  [
    "where two lines come into question, none is told",
    "app.mjs",
    "const x = { a: 1 };\nexport default { a: 2 };",
    ["a=2"],
  ],
] as const) {
  test(rule, async (t) => {
    const file = join(folderOf(t), name);
    writeFileSync(file, text);
    const read = await readModule(file, undefined, { NAME: "web" });
    t.deepEqual(wrongIn(read), []);
    t.deepEqual(saidBy(read), [...said]);
  });
}

test("values stay what they are: functions, and instances of classes", async (t) => {
  const file = join(folderOf(t), "app.mjs");
  writeFileSync(file, "export const log = () => 'called';\nexport default { log, when: new Date(0), in: { log } };");
  const { givens } = await readModule(file);
  const [log, when, inner] = givens.map(({ value }) => value);
  t.is((log as () => unknown)(), "called");
  t.true(when instanceof Date);
  t.is((inner as { log: unknown }).log, log);
});

test("a section that is asked for is needed, and the others are named", async (t) => {
  const file = join(folderOf(t), "app.mjs");
  writeFileSync(file, "export default { web: { a: 1 }, api: { b: 2 } };");
  const read = await readModule(file, "api");
  t.deepEqual([saidBy(read), read.sections], [["b=2 @1"], ["web"]]);
  t.deepEqual(wrongIn(await readModule(file, "apj")), ['there is no section "apj", did you mean "api"?']);
});

const NEEDED = "an object of options is needed, or a function that returns one";

for (const [about, name, text, wrong] of [
  ["no default export", "app.mjs", "export const a = 1;", `its default export is undefined, ${NEEDED}`],
  ["a list", "app.mjs", "export default [];", `its default export is a list, ${NEEDED}`],
  ["null", "app.mjs", "export default null;", `its default export is null, ${NEEDED}`],
  ["a function that returns a text", "app.mjs", "export default () => 'x';", `its default export is a text, ${NEEDED}`],
  ["a Map", "app.mjs", "export default new Map();", `its default export is an object, ${NEEDED}`],
  [
    "a section that is a number",
    "app.mjs",
    "export default { uisge: 5 };",
    '"uisge" holds a number, an object of options is needed',
  ],
  [
    "a module that throws",
    "app.mjs",
    "const a = 1;\nthrow new Error('no\\n\\u001b[2Jway');",
    "2:7 failed to load: no \\u001b[2Jway",
  ],
  [
    "a function that throws",
    "app.mjs",
    "export default () => {\n  throw new Error('no');\n};",
    "2:9 it has thrown: no",
  ],
  [
    "a function that throws what cannot be told",
    "app.mjs",
    "export default () => {\n  throw { toString: null, valueOf: null };\n};",
    "it has thrown something that cannot be described",
  ],
  [
    "a getter that throws",
    "app.mjs",
    "export default {\n  get a() { throw new Error('no'); },\n};",
    "2:19 it has thrown: no",
  ],
  ["a class", "app.mjs", "export default class {}", /^it has thrown: Class constructor default/],
  ["a fault of the grammar", "app.mjs", "export default {\n  a: ]\n};", "failed to load: Unexpected token ']'"],
  [
    "a fault of the grammar in CommonJS",
    "app.cjs",
    "module.exports = {\n  a: ]\n};",
    "2 failed to load: Unexpected token ']'",
  ],
] as const) {
  test(`refused: ${about}`, async (t) => {
    const file = join(folderOf(t), name);
    writeFileSync(file, text);
    const read = await readModule(file);
    t.deepEqual(read.givens, []);
    const [problem = "", ...others] = wrongIn(read);
    t.deepEqual(others, []);
    if (typeof wrong === "string") t.is(problem, wrong);
    else t.regex(problem, wrong);
  });
}

test("a module that is not there is a problem", async (t) => {
  const file = join(folderOf(t), "none.mjs");
  const { problems } = await readModule(file);
  t.is(problems.length, 1);
  t.deepEqual(problems[0]?.origin, { kind: "file", file });
  t.regex(problems[0]?.message ?? "", /^failed to load: Cannot find module/);
});
