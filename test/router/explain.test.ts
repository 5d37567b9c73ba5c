import test from "ava";
import { explainVars, formatExplanation, parseRulesFile, RuleSet } from "../../src/router/index.ts";
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
    '{ "upstreams": { "app": ["/run/a.sock", "/run/b.sock"], "one": "/run/c.sock", "more": { "nodes": ["/d"], "balance": "ip-hash" } }, "rules": ["-> app", { "close": true }] }';
  t.deepEqual(parseRulesFile(text, "rules.json"), {
    upstreams: {
      app: ["/run/a.sock", "/run/b.sock"],
      one: ["/run/c.sock"],
      more: { nodes: ["/d"], balance: "ip-hash" },
    },
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
  ['{ "rules": [], "upstreams": { "a": {} } }', /^rules\.json: upstreams\.a\.nodes: undefined/],
  [
    '{ "rules": [], "upstreams": { "a": { "nodes": [], "retry": 1 } } }',
    /^rules\.json: upstreams\.a: unknown "retry", there are nodes, balance, health, slowStartMs/,
  ],
  ['{ "rules": [], "upstreams": { "a": [5] } }', /^rules\.json: upstreams\.a: 5, an address is needed/],
] as const) {
  test(`a file with ${text} is refused`, (t) => {
    const fault = faultOf(() => parseRulesFile(text, "rules.json"));
    t.is(fault?.code, "UWSGI_BAD_RULE");
    t.regex(fault?.message ?? "", message);
  });
}
