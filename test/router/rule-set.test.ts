/** Which rule a packet gets, and what becomes of it. */
import test from "ava";
import { decodePacket, type Packet } from "../../src/codec/index.ts";
import { loaderVars } from "../../src/environ/index.ts";
import { type Decision, type Rule, RuleSet } from "../../src/router/index.ts";
import type { Pair } from "../helpers/vectors.ts";
import { faultOf, hex, latin1, packetOf, varsBlock } from "../helpers/wire.ts";

function packetWith(vars: Readonly<Record<string, string>> | readonly Pair[], modifier1 = 0, modifier2 = 0): Packet {
  const pairs = Array.isArray(vars) ? (vars as readonly Pair[]) : Object.entries(vars as Record<string, string>);
  return decodePacket(packetOf(varsBlock(pairs), modifier1, modifier2)) as Packet;
}

function decide(rules: readonly (Rule | string)[], packet: Packet): Decision {
  return new RuleSet(rules).decide(packet);
}

/** The vars as they go out. */
function sent(decision: Decision): [string, string][] {
  if (decision.do !== "forward") throw new Error(`not forwarded: ${decision.do}`);
  return [...(decodePacket(decision.packet) as Packet).vars];
}

const GET = { REQUEST_METHOD: "GET", PATH_INFO: "/api/x", HTTP_HOST: "a.com:8080", SERVER_NAME: "srv" };

for (const [condition, vars, holds] of [
  ["host=a.com", {}, true],
  ["host=b.com,a.com", {}, true],
  ["host=b.com", {}, false],
  ["!host=b.com", {}, true],
  ["!host=a.com", {}, false],
  ["host=srv", { HTTP_HOST: "" }, true],
  ["path=/api", {}, true],
  ["path=/x,/api", {}, true],
  ["path=/x", {}, false],
  ["path=/api", { SCRIPT_NAME: "/api", PATH_INFO: "" }, true],
  ["path=/api", { PATH_INFO: "//api//x" }, true],
  ["!path=/api", {}, false],
  ["method=GET", {}, true],
  ["method=POST,GET", {}, true],
  ["method=POST", {}, false],
  ["!method=GET,HEAD", {}, false],
  ["key=a.com:8080", {}, true],
  ["key=a.com", {}, false],
  ["key=k", { UWSGI_FASTROUTER_KEY: "k" }, true],
  ["key=a.com:8080", { UWSGI_FASTROUTER_KEY: "k" }, false],
  ["key=srv", { HTTP_HOST: "x".repeat(256) }, true],
  ["key=a.com:8080", { UWSGI_FASTROUTER_KEY: "x".repeat(256) }, true],
  ["modifier1=0", {}, true],
  ["modifier1=5,0", {}, true],
  ["modifier1=5", {}, false],
  ["modifier2=0", {}, true],
  ["modifier2=1", {}, false],
  ["var:SERVER_NAME", {}, true],
  ["var:HTTP_NONE", {}, false],
  ["!var:HTTP_NONE", {}, true],
  ["var:HTTP_X", { HTTP_X: "" }, true],
  ["var:HTTP_X=", { HTTP_X: "" }, true],
  ["var:HTTP_X=", {}, false],
  ["var:HTTP_X=1,2", { HTTP_X: "2" }, true],
  ["var:HTTP_X=1", { HTTP_X: "12" }, false],
  ["var:HTTP_X^=1", { HTTP_X: "12" }, true],
  ["var:HTTP_X^=3,1", { HTTP_X: "12" }, true],
  ["var:HTTP_X^=2", { HTTP_X: "12" }, false],
  ['var:HTTP_X="a, b"', { HTTP_X: "a, b" }, true],
  ["var:HTTP_X=é", { HTTP_X: "\u00c3\u00a9" }, true],
  ["host=a.com path=/api method=GET var:SERVER_NAME=srv", {}, true],
  ["host=a.com path=/api method=PUT", {}, false],
] as const) {
  test(`${condition} ${holds ? "holds" : "does not hold"} with ${JSON.stringify(vars)}`, (t) => {
    const decision = decide([`${condition} -> answer=299`, "-> close"], packetWith({ ...GET, ...vars }));
    t.is(decision.do, holds ? "answer" : "close");
  });
}

test("the first rule that fits counts", (t) => {
  const decision = decide(["path=/nope -> close", "path=/api -> answer=201", "-> answer=202"], packetWith(GET));
  t.like(decision, { do: "answer", status: 201, rule: { name: "rule 2" } });
});

test("a packet that no rule is for is refused with 404", (t) => {
  const decision = decide(["host=b.com -> close"], packetWith(GET));
  t.like(decision, { do: "refuse", status: 404, error: { code: "UWSGI_NO_ROUTE", name: "ProtocolError" } });
});

test("a packet that is not changed goes out in the bytes that came", (t) => {
  const packet = packetWith(GET, 7, 3);
  const decision = decide(["-> /a"], packet);
  t.is(decision.do === "forward" && hex(decision.packet), hex(packet.raw));
});

test("modifiers are replaced as uWSGI's fastrouter replaces those of a static node", (t) => {
  for (const [modifier1, modifier2] of [
    [5, 9],
    [7, 0],
    [30, 1],
  ] as const) {
    const packet = packetWith(GET, modifier1, modifier2);
    const decision = decide(["-> /a modifier1=0 modifier2=0"], packet);
    t.is(decision.do === "forward" && hex(decision.packet), hex(packetOf(varsBlock(Object.entries(GET)))));
  }
});

test("vars are set, removed and mounted, in their places", (t) => {
  const rule = "-> /a set:NEW=é remove:SERVER_NAME set:REQUEST_METHOD=HEAD mount=/api";
  t.deepEqual(sent(decide([rule], packetWith({ ...GET, SCRIPT_NAME: "" }))), [
    ["REQUEST_METHOD", "HEAD"],
    ["PATH_INFO", "/x"],
    ["HTTP_HOST", "a.com:8080"],
    ["SCRIPT_NAME", "/api"],
    ["NEW", "\u00c3\u00a9"],
  ]);
});

test("a path that is not below the mount stays as it is", (t) => {
  t.deepEqual(sent(decide(["-> /a mount=/other"], packetWith(GET))), Object.entries(GET));
});

test("by a mount no path leaves its mount point again", (t) => {
  const decision = decide(["-> /a mount=/api"], packetWith({ ...GET, PATH_INFO: "/api/../admin" }));
  t.like(decision, { do: "refuse", status: 400, error: { code: "UWSGI_BAD_TARGET" } });
});

for (const path of ["/admin/../public", "/public/../admin", "/./admin", "admin", "/admin\0"]) {
  test(`a path of two meanings, ${JSON.stringify(path)}, is refused when a rule asks for the path`, (t) => {
    const packet = packetWith({ ...GET, PATH_INFO: path });
    const decision = decide(["path=/admin -> close", "-> /a"], packet);
    t.like(decision, { do: "refuse", status: 400, error: { code: "UWSGI_BAD_TARGET" } });
    t.is(decide(["-> /a"], packet).do, "forward", "nobody asks");
  });
}

for (const name of [
  "HTTP_HOST",
  "PATH_INFO",
  "SCRIPT_NAME",
  "REQUEST_METHOD",
  "UWSGI_FASTROUTER_KEY",
  "HTTP_AUTHORIZATION",
]) {
  test(`${name} twice with different values is refused when a rule asks for it`, (t) => {
    const condition =
      {
        HTTP_HOST: "host=a",
        REQUEST_METHOD: "method=GET",
        UWSGI_FASTROUTER_KEY: "key=a",
        HTTP_AUTHORIZATION: "var:HTTP_AUTHORIZATION",
      }[name] ?? "path=/a";
    const twice: Pair[] = [
      [name, "/a"],
      [name, "/b"],
    ];
    const decision = decide([`${condition} -> close`, "-> /a"], packetWith(twice));
    t.like(decision, { do: "refuse", status: 400, error: { code: "UWSGI_CONFLICTING_VARS" } });
    t.is(decide(["-> /a"], packetWith(twice)).do, "forward");
    const same: Pair[] = [
      [name, "/a"],
      [name, "/a"],
    ];
    t.not(decide([`${condition} -> close`, "-> /a"], packetWith(same)).do, "refuse");
  });
}

test("other headers that come twice are compared joined, as our server joins them", (t) => {
  const packet = packetWith([
    ["HTTP_X", "1"],
    ["HTTP_X", "2"],
    ["HTTP_COOKIE", "a"],
    ["HTTP_COOKIE", "b"],
  ]);
  t.is(decide(['var:HTTP_X="1, 2" var:HTTP_COOKIE="a; b" -> close', "-> /a"], packet).do, "close");
});

test("every loader variable is taken out by default, and named", (t) => {
  const packet = packetWith([...Object.entries(GET), ...[...loaderVars].map((name): Pair => [name, "exec://x"])]);
  const decision = decide(["-> /a"], packet);
  t.deepEqual(sent(decision), Object.entries(GET));
  t.deepEqual(decision.do === "forward" && [...decision.loaderVars].sort(), [...loaderVars].sort());
});

test("loader variables are refused, or pass, where a rule says so; one that the rule sets passes", (t) => {
  const packet = packetWith({ ...GET, UWSGI_FILE: "exec://x" });
  t.like(decide(["-> /a loader-vars=refuse"], packet), {
    do: "refuse",
    status: 400,
    loaderVars: ["UWSGI_FILE"],
    error: { code: "UWSGI_NO_ROUTE" },
  });
  t.deepEqual(sent(decide(["-> /a loader-vars=pass"], packet)), [...packet.vars]);
  t.deepEqual(sent(decide(["-> /a set:UWSGI_FILE=app.py"], packet)), [
    ...Object.entries(GET),
    ["UWSGI_FILE", "app.py"],
  ]);
});

test("a payload becomes vars by a new modifier1 only when it is a sound block, without loader variables", (t) => {
  const rules = ["modifier1=101 -> /a modifier1=0", "modifier1=123 -> /a"];
  const hidden = latin1("\x0a\x00UWSGI_FILE\x02\x00x");
  const malformed = decodePacket(packetOf(hidden, 101)) as Packet;
  t.like(decide(rules, malformed), { do: "refuse", status: 400, error: { code: "UWSGI_VALUE_PAST_END" } });
  const unassigned = decodePacket(packetOf(hidden, 123)) as Packet;
  t.is(decide(rules, unassigned).do, "forward", "123 is no request, and says nothing of vars");
  const sound = packetWith({ A: "1", UWSGI_FILE: "x" }, 101);
  t.deepEqual(sent(decide(rules, sound)), [["A", "1"]]);
});

test("a modifier1 that nobody has assigned may be one of vars: what is no block of them is refused", (t) => {
  const malformed = decodePacket(packetOf(latin1("\x0a\x00UWSGI_FILE\x02\x00x"), 77)) as Packet;
  t.like(decide(["modifier1=77 -> /a"], malformed), { do: "refuse", error: { code: "UWSGI_VALUE_PAST_END" } });
  t.is(decide(["modifier1=77 -> /a loader-vars=pass"], malformed).do, "forward");
});

test("payloads that are no vars pass as they are, also where they look like some", (t) => {
  for (const modifier1 of [101, 111, 173]) {
    const packet = packetWith({ UWSGI_FILE: "x" }, modifier1);
    const decision = decide([`modifier1=${modifier1} -> /a`], packet);
    t.is(decision.do === "forward" && hex(decision.packet), hex(packet.raw));
  }
});

test("a rule that changes vars refuses packets without any", (t) => {
  for (const change of ["set:A=1", "remove:A", "mount=/a"]) {
    const decision = decide([`modifier1=101 -> /a ${change}`], decodePacket(packetOf(latin1("ping"), 101)) as Packet);
    t.like(decision, { do: "refuse", status: 400, error: { code: "UWSGI_NO_ROUTE" } });
  }
});

test("vars that would no longer fit a packet are refused with 431", (t) => {
  const packet = packetWith({ A: "x".repeat(65_000) });
  t.like(decide([`-> /a set:B=${"y".repeat(1_000)}`], packet), {
    do: "refuse",
    status: 431,
    error: { name: "LimitError", code: "UWSGI_PACKET_TOO_LARGE" },
  });
});

test("requests of all kinds are routed, other families only when a rule asks for them", (t) => {
  const { modifiers } = new RuleSet(["-> /a"]);
  for (const request of [0, 5, 7, 9, 30]) t.true(modifiers.includes(request), String(request));
  for (const other of [17, 22, 71, 97, 100, 101, 110, 111, 173, 224, 255])
    t.false(modifiers.includes(other), String(other));
  t.true(new RuleSet(["modifier1=100,111 -> /c", "-> /a"]).modifiers.includes(111));
  t.false(new RuleSet(["!modifier1=111 -> /a"]).modifiers.includes(111));
});

for (const [what, rules, message] of [
  ["no list", "x", /^rules: "x", a list is needed/],
  ["no rules", [], /^rules: there are 0, allowed are 1 to/],
  ["no object", [5], /^rules\[0\]: 5, an object is needed/],
  ["an unknown member", [{ to: "/a", tos: 1 }], /^rules\[0\]: unknown "tos", there are name, when/],
  [
    "an unknown condition",
    [{ when: { hots: "a" }, to: "/a" }],
    /^rules\[0\]\.when: unknown "hots", there are host, path/,
  ],
  ["nothing to do", [{ when: {} }], /^rules\[0\]: nothing to do, one of to, answer, close is needed/],
  ["two things to do", [{ to: "/a", close: true }], /^rules\[0\]: to and close to do/],
  [
    "a host in the second rule",
    ["-> /a", { when: { host: ["a", 5] }, close: true }],
    /^rules\[1\]\.when\.host: 5, a host such/,
  ],
  ["an empty list", [{ when: { path: [] }, close: true }], /^rules\[0\]\.when\.path: an empty list/],
  ["no targets", [{ to: [] }], /^rules\[0\]\.to: an empty list/],
  ["a target that is empty", [{ to: ["/a", ""] }], /^rules\[0\]\.to: "", the name of an upstream/],
  [
    "a modifier",
    [{ to: "/a", modifier2: 1.5 }],
    /^rules\[0\]\.modifier2: 1.5, allowed are whole numbers from 0 to 255/,
  ],
  ["a status", [{ answer: 600 }], /^rules\[0\]\.answer: 600, allowed are whole numbers from 200 to 599/],
  ["changes without a target", [{ close: true, set: {} }], /^rules\[0\]\.set: it is for packets that are forwarded/],
  ["close false", [{ close: false }], /^rules\[0\]\.close: false, only true is allowed/],
  ["a value that is no text", [{ to: "/a", set: { A: 5 } }], /^rules\[0\]\.set\.A: 5, a string is needed/],
  ["a var with no name", [{ to: "/a", set: { "": "x" } }], /^rules\[0\]\.set\.: a var with an empty name/],
  ["set and removed", [{ to: "/a", set: { A: "1" }, remove: "A" }], /^rules\[0\]\.set\.A: it is removed and set/],
  ["mount and set", [{ to: "/a", mount: "/b", remove: "PATH_INFO" }], /^rules\[0\]\.mount: it sets PATH_INFO itself/],
  ["loaderVars", [{ to: "/a", loaderVars: "yes" }], /^rules\[0\]\.loaderVars: "yes", there are strip, refuse, pass/],
  ["stripAccel", [{ to: "/a", stripAccel: "no" }], /^rules\[0\]\.stripAccel: "no", allowed are true and false/],
  [
    "a var condition",
    [{ when: { vars: { A: 5 } }, close: true }],
    /^rules\[0\]\.when\.vars\.A: 5, allowed are true, strings/,
  ],
  ["vars in a list", [{ when: { vars: [] }, close: true }], /^rules\[0\]\.when\.vars: a list, an object/],
  [
    "a prefix and a value",
    [{ unless: { vars: { A: ["a", { prefix: "b" }] } }, close: true }],
    /^rules\[0\]\.unless\.vars\.A: a list has/,
  ],
  ["an empty prefix", [{ when: { vars: { A: { prefix: "" } } }, close: true }], /a prefix is needed/],
  ["a key that nobody looks at", [{ when: { key: "x".repeat(256) }, close: true }], /at most 255/],
  ["a method that is none", [{ when: { method: "G T" }, close: true }], /a word such as GET/],
] as const) {
  test(`rules with ${what} are refused, and it is said where`, (t) => {
    const fault = faultOf(() => new RuleSet(rules as never));
    t.is(fault?.code, "UWSGI_BAD_RULE");
    t.is(fault?.name, "TypeError");
    t.regex(fault?.message ?? "", message);
  });
}
