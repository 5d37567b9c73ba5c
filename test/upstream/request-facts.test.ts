import test from "ava";
import { isRepeatable, varOf } from "../../src/upstream/request-facts.ts";
import { bodyOf } from "../helpers/upstream-nodes.ts";

for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]) {
  test(`${method} without a body may be sent again`, (t) => {
    t.true(isRepeatable({ vars: { REQUEST_METHOD: method } }));
  });
}

for (const method of ["POST", "PATCH", "CONNECT", "get", "PROPFIND", ""]) {
  test(`${method || "a request without a method"} may not be sent again`, (t) => {
    t.false(isRepeatable({ vars: { REQUEST_METHOD: method } }));
  });
}

test("a packet that is no request may not be sent again", (t) => {
  t.false(isRepeatable({ vars: {} }));
});

test("a PUT may be sent again only with a body that can be read again", (t) => {
  const vars = { REQUEST_METHOD: "PUT" };
  t.false(isRepeatable({ vars, body: bodyOf("x") }));
  t.true(isRepeatable({ vars, body: bodyOf("x"), isBodyReplayable: true }));
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

for (const [form, vars] of [
  ["an object", { A: "1", B: "2" }],
  [
    "pairs",
    [
      ["A", "0"],
      ["B", "2"],
      ["A", "1"],
    ] as const,
  ],
  [
    "pairs of bytes",
    [
      [bytes("B"), bytes("2")],
      [bytes("A"), bytes("1")],
    ] as const,
  ],
  ["a map", new Map([["A", "1"]])],
] as const) {
  test(`the last var of a name is read from ${form}`, (t) => {
    t.is(varOf({ vars }, "A"), "1");
    t.is(varOf({ vars }, "toString"), undefined);
  });
}

test("an empty var is none", (t) => {
  t.is(varOf({ vars: { A: "" } }, "A"), undefined);
});
