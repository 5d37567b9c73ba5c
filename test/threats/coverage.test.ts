/** Every threat and fault that this version answers for has a test that names it: its title begins with the number, or with the check's name and the number. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { projectRoot } from "../helpers/project.ts";

const range = (letter: string, first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, i) => `${letter}${first + i}`);

/** Threats (T) and faults (F) of uwsgi servers. The numbers left out concern what is not here: CGI, sessions, Python. */
const promised: readonly string[] = [
  ...range("T", 1, 8),
  ...range("T", 11, 20),
  ...range("T", 24, 33),
  ...range("T", 35, 38),
  ...range("F", 1, 33),
  ...range("F", 36, 38),
];

/** A title that begins with `T1: `, `T1/T2: `, `T1, some words: ` or `the check's name (T1): `, in the source. */
const NUMBERED = /["'`]((?:[a-z][a-z() -]* \()?[TF][0-9]+\b[^"'`:\n]*): /g;

function numbersIn(source: string): string[] {
  return Array.from(source.matchAll(NUMBERED), ([, beginning = ""]) => beginning.match(/\b[TF][0-9]+\b/g) ?? []).flat();
}

const own = join("threats", "coverage.test.ts");
const folder = join(projectRoot, "test");
const named = new Set(
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts") && file !== own)
    .flatMap((file) => numbersIn(readFileSync(join(folder, file), "utf8"))),
);

for (const number of promised) {
  test(`${number} is named by the title of a test`, (t) => t.true(named.has(number)));
}

test("a number is read whole, from the beginning of a title, alone or among others", (t) => {
  t.deepEqual(numbersIn('test("T11: a", f)'), ["T11"]);
  t.deepEqual(numbersIn("test(`F8/T19: a ${b}`, f)"), ["F8", "T19"]);
  t.deepEqual(numbersIn("test(`F12, ${kind}: a`, f)"), ["F12"]);
  t.deepEqual(numbersIn("test(`error in close() (F13), ${kind}: a`, f)"), ["F13"]);
  t.deepEqual(numbersIn('test("a T1: b", f); // T2: c'), []);
  t.deepEqual(numbersIn('test("T1 b", f); test("T1x: b", f)'), []);
});
