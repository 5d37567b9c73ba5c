import test from "ava";
import {
  flag,
  hook,
  listOf,
  oneOf,
  type OptionRule,
  readOptions,
  required,
  secret,
  text,
  wholeNumber,
} from "../../src/middleware/read-options.ts";

const rules = {
  thresholdBytes: wholeNumber({ or: 1_024 }),
  level: wholeNumber({ least: 1, most: 9, or: 6 }),
  secrets: oneOf(["skip", "compress"], { or: "skip" }),
  isStrict: flag(),
  types: listOf(text(), { or: ["text/plain"] }),
  filter: hook<(size: number) => boolean>(),
};

test("what is not given has its default, or is undefined", (t) => {
  t.deepEqual(readOptions("compress", { level: undefined }, rules), {
    thresholdBytes: 1_024,
    level: 6,
    secrets: "skip",
    isStrict: undefined,
    types: ["text/plain"],
    filter: undefined,
  });
});

test("what is given is taken, null options are none, and the types are those of the rules", (t) => {
  const filter = (size: number): boolean => size > 0;
  const read: {
    readonly level: number;
    readonly secrets: "skip" | "compress";
    readonly isStrict: boolean | undefined;
    readonly types: readonly string[];
    readonly filter: ((size: number) => boolean) | undefined;
  } = readOptions("compress", { level: 9, isStrict: false, types: [], filter }, rules);
  t.deepEqual([read.level, read.isStrict, read.types, read.filter], [9, false, [], filter]);
  t.is(readOptions("compress", undefined, rules).level, 6);
});

for (const [given, message] of [
  [{ thresholdBytes: "x" }, 'thresholdBytes is "x", a whole number from 0 is needed'],
  [{ thresholdBytes: -1 }, "thresholdBytes is -1, a whole number from 0 is needed"],
  [{ thresholdBytes: null }, "thresholdBytes is null, a whole number from 0 is needed"],
  [{ thresholdBytes: Number.NaN }, "thresholdBytes is NaN, a whole number from 0 is needed"],
  [{ level: 10 }, "level is 10, a whole number from 1 to 9 is needed"],
  [{ level: 1.5 }, "level is 1.5, a whole number from 1 to 9 is needed"],
  [{ secrets: "no" }, 'secrets is "no", "skip" or "compress" is needed'],
  [{ isStrict: 1 }, "isStrict is 1, true or false is needed"],
  [{ types: "text/html" }, 'types is "text/html", a list, each text, is needed'],
  [{ types: [""] }, 'types is [""], a list, each text, is needed'],
  [{ filter: {} }, "filter is an object, a function is needed"],
  [{ level: "9".repeat(100) }, `level is "${"9".repeat(59)}..., a whole number from 1 to 9 is needed`],
  [{ treshold: 1 }, "there is no option treshold, did you mean thresholdBytes?"],
  [{ cache: 1 }, "there is no option cache, there are thresholdBytes, level, secrets, isStrict, types, filter"],
  [{ tresholdBytes: 1 }, "there is no option tresholdBytes, did you mean thresholdBytes?"],
  [{ Level: 1 }, "there is no option Level, did you mean level?"],
  [["tea"], "the options are a list, an object is needed"],
  ["tea", "the options are a string, an object is needed"],
] as const) {
  test(`refused: ${message}`, (t) => {
    t.throws(() => readOptions("compress", given, rules), {
      instanceOf: TypeError,
      code: "UWSGI_INVALID_ARGUMENT",
      message: `compress: ${message}`,
    });
  });
}

test("a required option has to be there, and a secret is not shown", (t) => {
  const key: { readonly key: OptionRule<string> } = {
    key: required(secret(text({ accepts: (value) => value.length > 9 }))),
  };
  t.throws(() => readOptions("session", {}, key), { message: "session: key is missing, text is needed" });
  t.throws(() => readOptions("session", { key: "hush" }, key), { message: "session: key is a string, text is needed" });
  t.is(readOptions("session", { key: "long enough" }, key).key, "long enough");
});

test("a name that objects have from their prototype is no option", (t) => {
  t.throws(() => readOptions("compress", { constructor: 1 }, rules), { message: /no option constructor/ });
});
