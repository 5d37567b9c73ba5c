import test from "ava";
import { explainVars, formatExplanation, parseRulesFile, RuleSet } from "../../src/router/index.ts";
import { NodeTurns } from "../../src/router/node-turns.ts";
import { faultOf } from "../helpers/wire.ts";

const RULES = new RuleSet([
  "name:x -> close".replace("name:x", "host=b.com"),
  "host=a.com path=/api -> /run/a.sock mount=/api name=api",
  "-> answer=404",
]);

test("an explanation says of each rule why it is not the one", (t) => {
  t.is(
    formatExplanation(explainVars(RULES, { HTTP_HOST: "a.com", PATH_INFO: "/api/x", UWSGI_FILE: "x" })),
    `rule 1: host=b.com -> close
  no: host=b.com does not hold, there is "a.com"
api: host=a.com path=/api -> /run/a.sock mount=/api name=api
  yes, this one
rule 3: -> answer=404
  not asked: one before it is for the packet
forwarded by api to /run/a.sock, modifier1 0, modifier2 0, without UWSGI_FILE
`,
  );
});

test("an explanation says when a packet cannot be believed, and when no rule is for it", (t) => {
  const dots = explainVars(RULES, { HTTP_HOST: "a.com", PATH_INFO: "/../x" });
  t.deepEqual(
    dots.rules.map(({ outcome }) => outcome),
    ["passed-over", "refused", "unasked"],
  );
  t.regex(
    formatExplanation(dots),
    /refused: the path has dot segments.*\n.*\n.*not asked.*\nrefused: .*UWSGI_BAD_TARGET, 400\)\n$/,
  );
  const none = explainVars(new RuleSet(["host=b -> close"]), {});
  t.regex(
    formatExplanation(none),
    /does not hold, there is none\nrefused: no rule is for this packet \(UWSGI_NO_ROUTE, 404\)\n$/,
  );
});

test("an explanation and a decision never differ", (t) => {
  for (const path of ["/api", "/x", "/a/../b"]) {
    for (const host of ["a.com", "b.com", "c.com"]) {
      const { rules, decision } = explainVars(RULES, { HTTP_HOST: host, PATH_INFO: path });
      const matched = rules.find(({ outcome }) => outcome === "matched" || outcome === "refused");
      t.is(decision.rule?.name, matched?.name);
    }
  }
});

test("a file has rules, as objects or as text, and names of upstreams", (t) => {
  const text =
    '{ "upstreams": { "app": ["/run/a.sock", "/run/b.sock"], "one": "/run/c.sock" }, "rules": ["-> app", { "close": true }] }';
  t.deepEqual(parseRulesFile(text, "rules.json"), {
    upstreams: { app: ["/run/a.sock", "/run/b.sock"], one: ["/run/c.sock"] },
    rules: ["-> app", { close: true }],
  });
  t.deepEqual(parseRulesFile('["-> /a"]', "rules.json"), { upstreams: {}, rules: ["-> /a"] });
});

for (const [text, message] of [
  ["{", /^rules\.json: not JSON: /],
  ["5", /^rules\.json: 5, an object is needed/],
  ["{}", /^rules\.json: rules: undefined, a list is needed/],
  ['{ "rule": [] }', /^rules\.json: unknown "rule", there are upstreams, rules/],
  ['{ "rules": [], "upstreams": [] }', /^rules\.json: upstreams: a list, an object/],
  ['{ "rules": [], "upstreams": { "a": [] } }', /^rules\.json: upstreams\.a: an empty list/],
  ['{ "rules": [], "upstreams": { "a": [5] } }', /^rules\.json: upstreams\.a: 5, an address is needed/],
] as const) {
  test(`a file with ${text} is refused`, (t) => {
    const fault = faultOf(() => parseRulesFile(text, "rules.json"));
    t.is(fault?.code, "UWSGI_BAD_RULE");
    t.regex(fault?.message ?? "", message);
  });
}

test("nodes are used in turn", (t) => {
  const turns = new NodeTurns(3, 1_000);
  t.deepEqual(
    [1, 2, 3, 4].map((now) => turns.order(now)[0]),
    [0, 1, 2, 0],
  );
});

test("a node that failed is the last to be tried, until its time is over or it is well again", (t) => {
  const turns = new NodeTurns(3, 1_000);
  turns.noteFailure(1, 100);
  t.deepEqual(turns.order(200), [0, 2, 1]);
  t.deepEqual(turns.order(200), [2, 0, 1], "the others share its turns evenly");
  t.deepEqual(turns.order(1_099), [0, 2, 1]);
  t.deepEqual(turns.order(1_100), [1, 2, 0]);
  turns.noteFailure(0, 1_100);
  turns.noteSuccess(0);
  t.deepEqual(turns.order(1_101), [2, 0, 1]);
});

test("where all have failed all are tried all the same, in turn", (t) => {
  const turns = new NodeTurns(2, 1_000);
  turns.noteFailure(0, 1);
  turns.noteFailure(1, 1);
  const orders = [turns.order(2), turns.order(2), turns.order(2)];
  t.deepEqual(
    orders.map((order) => order.toSorted((a, b) => a - b)),
    [
      [0, 1],
      [0, 1],
      [0, 1],
    ],
  );
  t.not(orders[0]?.[0], orders[1]?.[0]);
  t.is(orders[0]?.[0], orders[2]?.[0]);
});

test("whose turn it was when another failed gives it up", (t) => {
  const turns = new NodeTurns(3, 1_000);
  t.deepEqual(turns.order(1), [0, 1, 2]);
  t.deepEqual(turns.order(1), [1, 2, 0]);
  turns.noteFailure(1, 1);
  t.deepEqual(turns.order(1), [0, 2, 1]);
});
