import { isDeepStrictEqual } from "node:util";
import test from "ava";
import fc from "fast-check";
import { copyOfJson } from "../../../src/middleware/session/json-value.ts";
import { decodeRecord, encodeRecord, isEmpty, newRecord } from "../../../src/middleware/session/record.ts";

// Of a key with a backslash V8 can make others wrong (nodejs/node#63785): a quotation mark is read as a backslash then.
const unit = fc.string({ minLength: 1, maxLength: 1 }).filter((character) => character !== "\\");
const key = fc.string({ unit });

// As it comes back: without -0.
const json = fc.jsonValue({ stringUnit: unit }).map((value): unknown => JSON.parse(JSON.stringify(value)));

test("a record is read as it was written, whatever its keys are", (t) => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.nat(),
      fc.array(fc.tuple(fc.oneof(key, fc.constant("__proto__")), json)),
      fc.array(fc.tuple(key, fc.array(json))),
      (began, touched, values, flashes) => {
        const record = { began, touched, values: new Map(values), flashes: new Map(flashes) };
        // Not by AVA, to which the order of a Map's keys matters.
        return isDeepStrictEqual(decodeRecord(encodeRecord(record)), record);
      },
    ),
    { numRuns: 200 },
  );
  t.pass();
});

test("__proto__ is a key like others", (t) => {
  const record = newRecord(5);
  record.values.set("__proto__", { isAdmin: true });
  const values = decodeRecord(encodeRecord(record))?.values;
  t.deepEqual(values?.get("__proto__"), { isAdmin: true });
  t.is(({} as { isAdmin?: boolean }).isAdmin, undefined);
});

for (const text of [
  "",
  "{",
  "null",
  "5",
  "[]",
  "{}",
  '{"b":1}',
  '{"b":"1","t":1}',
  '{"b":1.5,"t":1}',
  '{"b":1,"t":1,"v":[]}',
  '{"b":1,"t":1,"v":null}',
  '{"b":1,"t":1,"f":{"a":1}}',
]) {
  test(`${text === "" ? "nothing" : text} is no record`, (t) => {
    t.is(decodeRecord(text), undefined);
  });
}

test("any text is a record, or is none, and nothing is thrown", (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const record = decodeRecord(text);
      t.true(record === undefined || record.values instanceof Map);
    }),
  );
});

test("a record with a flash message is not empty", (t) => {
  const record = newRecord(0);
  t.true(isEmpty(record));
  record.flashes.set("a", ["b"]);
  t.false(isEmpty(record));
});

test("a copy of JSON is equal, and shares nothing", (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy = copyOfJson(value, "a");
      t.deepEqual(copy, value);
      t.true(typeof value !== "object" || value === null || copy !== value);
    }),
  );
});

test("members that are undefined are left out, as JSON does", (t) => {
  t.deepEqual(copyOfJson({ a: undefined, b: 1 }, "x"), { b: 1 });
});

const circle: { self?: unknown } = {};
circle.self = circle;

for (const [what, value, seen] of [
  ["a function", () => {}, /x is function/],
  ["a symbol", Symbol("a"), /x is symbol/],
  ["a BigInt", 1n, /x is a BigInt/],
  ["undefined in a list", [undefined], /x\[0\] is undefined/],
  // oxlint-disable-next-line no-sparse-arrays
  ["a hole in a list", [1, , 2], /x\[1\] is undefined/],
  ["NaN", { a: Number.NaN }, /x\.a is NaN/],
  ["an infinite number", [{ b: Infinity }], /x\[0\]\.b is Infinity/],
  ["a Date", { when: new Date(0) }, /x\.when is an instance of Date/],
  ["a Map", new Map(), /x is an instance of Map/],
  ["bytes", Buffer.from("a"), /x is an instance of Buffer/],
  ["an instance of a class", new URL("http://localhost"), /x is an instance of URL/],
  ["a circle", circle, /100 levels deep, or a circle/],
] as const) {
  test(`${what} cannot be kept, and the message says where it is`, (t) => {
    const error = t.throws(() => copyOfJson(value, "x"), { instanceOf: TypeError, message: seen });
    t.is((error as { code?: string } | undefined)?.code, "UWSGI_INVALID_ARGUMENT");
  });
}
