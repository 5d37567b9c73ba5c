/** Rules as text: what they mean, and where a fault is. */
import test from "ava";
import fc from "fast-check";
import { parseRule, type Rule, RuleSet } from "../../src/router/index.ts";
import { faultOf } from "../helpers/wire.ts";

/** As plain objects. */
function parsed(text: string): unknown {
  return JSON.parse(JSON.stringify(parseRule(text)));
}

for (const [text, rule] of [
  ["-> /run/a.sock", { to: "/run/a.sock" }],
  ["  host=a.com\tpath=/api  ->   app ", { when: { host: "a.com", path: "/api" }, to: "app" }],
  ["host=a.com,b.com -> 127.0.0.1:1,[::1]:2", { when: { host: ["a.com", "b.com"] }, to: ["127.0.0.1:1", "[::1]:2"] }],
  ["path==/a -> close", { when: { path: "=/a" }, close: true }],
  ["modifier1=5,7 modifier2=1 -> answer=404", { when: { modifier1: [5, 7], modifier2: 1 }, answer: 404 }],
  ["!host=a !method=GET -> close", { unless: { host: "a", method: "GET" }, close: true }],
  [
    "var:A var:B= var:C=1,2 var:D^=x,y !var:E -> close",
    {
      when: { vars: { A: true, B: "", C: ["1", "2"], D: [{ prefix: "x" }, { prefix: "y" }] } },
      unless: { vars: { E: true } },
      close: true,
    },
  ],
  ['var:A="a b, c" var:"X=Y"=\\ -> "/my sock"', { when: { vars: { A: "a b, c", "X=Y": "\\" } }, to: "/my sock" }],
  ['var:A="say \\"hi\\" \\\\" -> close', { when: { vars: { A: 'say "hi" \\' } }, close: true }],
  ['var:A="->" -> close', { when: { vars: { A: "->" } }, close: true }],
  ['-> "close"', { to: "close" }],
  [
    "-> a modifier1=0 modifier2=1 set:A=1=2 set:B= remove:C remove:D mount=/m loader-vars=pass strip-accel=true name=n",
    {
      to: "a",
      modifier1: 0,
      modifier2: 1,
      set: { A: "1=2", B: "" },
      remove: ["C", "D"],
      mount: "/m",
      loaderVars: "pass",
      stripAccel: true,
      name: "n",
    },
  ],
  [
    "var:__proto__=1 -> a set:constructor=2",
    { when: { vars: JSON.parse('{"__proto__":"1"}') }, to: "a", set: { constructor: "2" } },
  ],
] as const) {
  test(`${text} is read`, (t) => {
    t.deepEqual(
      JSON.stringify(parsed(text)),
      JSON.stringify(rule === undefined ? rule : reordered(rule, parsed(text))),
    );
    t.notThrows(() => new RuleSet([text]));
  });
}

/** The members in the order of another: what is compared is text, in which `__proto__` is a member like all. */
function reordered(rule: unknown, like: unknown): unknown {
  if (typeof rule !== "object" || rule === null || Array.isArray(rule) || typeof like !== "object" || like === null)
    return rule;
  const members = rule as Record<string, unknown>;
  const names = [...new Set([...Object.keys(like), ...Object.keys(members)])].filter((name) =>
    Object.hasOwn(members, name),
  );
  return Object.fromEntries(
    names.map((name) => [name, reordered(members[name], (like as Record<string, unknown>)[name])]),
  );
}

for (const [text, message] of [
  ["", /^rule: "" has no -> before its target/],
  ["host=a", /^rule: "host=a" has no ->/],
  ["host=a ->", /^rule: nothing behind ->/],
  ["hots=a -> /a", /^rule, column 1: unknown condition "hots=a", there are host=, path=/],
  ["host=a constructor=b -> /a", /^rule, column 8: unknown condition/],
  ["host -> /a", /^rule, column 1: unknown condition "host"/],
  ["path=/a host=a* -> /a", /^rule, column 9, when\.host: host "a\*"/],
  ["!path=a -> /a", /^rule, column 1, unless\.path: path "a"/],
  ["host= -> /a", /^rule, column 1, when\.host: "", a host/],
  ["host=a,,b -> /a", /^rule, column 1, when\.host: ""/],
  ["host=a host=b -> /a", /^rule, column 8: host= came before/],
  ["var:A var:A=1 -> /a", /^rule, column 7: var:A came before/],
  ["var:=1 -> /a", /a var with an empty name/],
  ["modifier1=x -> /a", /^rule, column 1, when\.modifier1: "x", allowed are whole numbers/],
  ["modifier1=256 -> /a", /256, allowed are whole numbers from 0 to 255/],
  ["-> /a foo=1", /^rule, column 7: unknown change "foo=1", there are modifier1=/],
  ["-> /a constructor=1", /^rule, column 7: unknown change/],
  ["-> /a remove", /^rule, column 7: unknown change "remove"/],
  ["-> /a mount", /^rule, column 7: unknown change "mount"/],
  ["-> /a modifier1=1 modifier1=2", /^rule, column 19: modifier1= came before/],
  ["-> /a set:A=1 set:A=2", /^rule, column 15: set:A came before/],
  ["-> /a strip-accel=yes", /^rule, column 7, then\.stripAccel: "yes", allowed are true and false/],
  ["-> answer=abc", /^rule, column 4, then\.answer: "abc"/],
  ["-> /a,,/b", /^rule, column 4, then\.to: ""/],
  ["-> close mount=/a", /^rule, column 10, then\.mount: it is for packets that are forwarded/],
  ['host="a -> /a', /^rule, column 1: a double quote that is not closed/],
] as const) {
  test(`${JSON.stringify(text)} is refused, and it is said where`, (t) => {
    const fault = faultOf(() => parseRule(text));
    t.is(fault?.code, "UWSGI_BAD_RULE");
    t.regex(fault?.message ?? "", message);
  });
}

test("a rule of a list is named by its number", (t) => {
  t.regex(faultOf(() => new RuleSet(["-> /a", "host -> /b"]))?.message ?? "", /^rule 2, column 1: /);
});

const word = fc.string({ unit: fc.constantFrom(...'aB1/ ,="\\^!:>-é'), minLength: 1, maxLength: 6 });
const rule: fc.Arbitrary<Rule> = fc
  .record(
    {
      name: word,
      when: fc.record({
        vars: fc.dictionary(
          word,
          fc.oneof(fc.constant(true as const), word, fc.array(word, { minLength: 2, maxLength: 3 })),
        ),
      }),
      to: fc.oneof(word, fc.array(word, { minLength: 2, maxLength: 3 })),
      set: fc.dictionary(word, fc.oneof(word, fc.constant(""))),
      modifier1: fc.integer({ min: 0, max: 255 }),
    },
    { requiredKeys: ["to"] },
  )
  .map((made) => made as Rule);

test("the text of any rule is read as the same rule", (t) => {
  fc.assert(
    fc.property(rule, (made) => {
      const [first] = new RuleSet([made]).rules;
      const [second] = new RuleSet([first?.text ?? ""]).rules;
      t.is(second?.text, first?.text);
      t.deepEqual(second?.action, first?.action);
    }),
    { numRuns: 300 },
  );
});

test("any text is a rule, or an error that says it is none", (t) => {
  const piece = fc.constantFrom(
    "host=",
    "path=/",
    "->",
    " ",
    "var:",
    '"',
    "\\",
    ",",
    "!",
    "=",
    "a",
    "modifier1=",
    "set:",
    "answer=",
    "close",
    "*",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
      ),
      (made) => {
        const fault = faultOf(() => new RuleSet([made]));
        t.true(fault === undefined || fault.code === "UWSGI_BAD_RULE", made);
      },
    ),
    { numRuns: 1_000 },
  );
});
