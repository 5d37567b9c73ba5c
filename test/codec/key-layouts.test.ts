import test from "ava";
import fc from "fast-check";
import { decodeVars, KeyLayouts } from "../../src/codec/index.ts";
import { varsBlock } from "../helpers/wire.ts";

/** A table whose plans are the names themselves, and how often it has made one. */
function nameTable(): { find: (names: readonly string[]) => readonly string[] | undefined; made: () => number } {
  let made = 0;
  const layouts = new KeyLayouts((names) => {
    made++;
    return names;
  });
  return {
    find: (names) => decodeVars(varsBlock(names.map((name) => [name, `of ${name}`]))).planIn(layouts),
    made: () => made,
  };
}

/** Names that nobody else sends: other ones, of other lengths, for each number. */
function invented(number: number): string[] {
  return Array.from(`${number}`, (digit) => `X_INVENTED_${"Y".repeat(Number(digit))}`);
}

const browser = ["QUERY_STRING", "REQUEST_METHOD", "HTTPS", "HTTP_HOST", "HTTP_UPGRADE_INSECURE_REQUESTS", "AB"];

test("a layout is known from the second time on", (t) => {
  const { find, made } = nameTable();
  t.deepEqual([find(browser), find(browser), find(browser)], [undefined, browser, browser]);
  t.is(made(), 1);
});

test("a layout is known whatever the values are", (t) => {
  const layouts = new KeyLayouts((names) => names);
  const found = ["", "x", "x".repeat(300)].map((value) =>
    decodeVars(varsBlock(browser.map((name) => [name, value]))).planIn(layouts),
  );
  t.deepEqual(found, [undefined, browser, browser]);
});

test("layouts that differ in any one byte of any name are not taken for each other", (t) => {
  const { find } = nameTable();
  find(browser);
  find(browser);
  for (const [i, name] of browser.entries()) {
    for (let at = 0; at < name.length; at++) {
      const other = browser.with(i, `${name.slice(0, at)}~${name.slice(at + 1)}`);
      t.not(find(other), browser, `${name} at ${at}`);
      t.notDeepEqual(find(other), browser, `${name} at ${at}`);
    }
  }
});

test("a layout of fewer or more names is another one", (t) => {
  const { find } = nameTable();
  find(browser);
  find(browser);
  t.is(find(browser.slice(0, -1)), undefined);
  t.is(find([...browser, "MORE"]), undefined);
  t.is(find([]), undefined);
});

test("what is found are the names of the block, of whatever bytes they are", (t) => {
  // Bytes that make numbers which are equal to others, or not to themselves: zeros, and what is no number.
  const unit = fc.constantFrom("\0", "\0", "\u0080", "\u00F0", "\u00FF", "\u007F", "A", "_");
  const name = fc.string({ unit, minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(
      fc.array(name, { minLength: 1, maxLength: 5 }),
      fc.array(name, { minLength: 1, maxLength: 5 }),
      (a, b) => {
        const { find } = nameTable();
        for (const names of [a, a, b, b, a, b]) t.deepEqual(find(names) ?? names, names);
      },
    ),
  );
});

test("names whose bytes are the numbers 0 and -0 are not taken for each other", (t) => {
  const { find } = nameTable();
  const [zero, minusZero] = ["\0", "\u0080"].map((byte) => [`NAME_O\0\0\0\0\0\0\0${byte}_ZERO_OR_`]);
  t.deepEqual(
    [zero, zero, minusZero, minusZero].map((names) => find(names ?? []) === zero),
    [false, false, false, false],
  );
  t.notDeepEqual(find(minusZero ?? []), zero);
});

test("names that come once are not learnt", (t) => {
  const { find, made } = nameTable();
  for (let i = 0; i < 2_000; i++) find(invented(i));
  t.is(made(), 0);
});

test("a layout in use outlives hundreds that are invented, each sent twice", (t) => {
  const { find } = nameTable();
  for (let i = 0; i < 50; i++) find(browser);
  for (let i = 0; i < 500; i++) for (let twice = 0; twice < 2; twice++) find(invented(i));
  t.deepEqual(find(browser), browser);
});

test("a layout that nobody uses any more gives up its place", (t) => {
  const { find } = nameTable();
  for (let i = 0; i < 50; i++) find(browser);
  for (let i = 0; i < 10_000; i++) for (let twice = 0; twice < 2; twice++) find(invented(i));
  t.is(find(browser), undefined);
});

for (const [what, names] of [
  ["of more than 48 names", Array.from({ length: 49 }, (_, i) => `NAME_${i}`)],
  ["with a name of one byte", ["A"]],
  ["of more than 2 048 bytes", ["A".repeat(1_025), "B".repeat(1_025)]],
] as const) {
  test(`a layout ${what} is not kept`, (t) => {
    const { find } = nameTable();
    t.deepEqual([find(names), find(names), find(names)], [undefined, undefined, undefined]);
  });
}

test("a layout of 48 names is kept", (t) => {
  const { find } = nameTable();
  const names = Array.from({ length: 48 }, (_, i) => `NAME_${i}`);
  t.deepEqual([find(names), find(names)], [undefined, names]);
});

test("what is learnt does not change with the bytes it was learnt from", (t) => {
  const layouts = new KeyLayouts((names) => names);
  const lent = varsBlock(browser.map((name) => [name, ""]));
  const again = lent.slice();
  decodeVars(lent).planIn(layouts);
  decodeVars(lent).planIn(layouts);
  lent.fill(0xff);
  t.deepEqual(decodeVars(again).planIn(layouts), browser);
});

test("toObject answers the same for names that are new, come again, and come twice in one block", (t) => {
  const name = fc.constantFrom("A", "BB", "__proto__", "constructor", "7", "HTTP_COOKIE", "HTTP_HOST");
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, fc.string({ unit: "binary-ascii", maxLength: 20 })), { maxLength: 60 }),
      (pairs) => {
        for (let time = 0; time < 3; time++) {
          const object = decodeVars(varsBlock(pairs)).toObject();
          t.deepEqual(Object.entries(object), Object.entries(Object.fromEntries(pairs)));
          t.false("toString" in object);
        }
      },
    ),
    { numRuns: 200 },
  );
});
