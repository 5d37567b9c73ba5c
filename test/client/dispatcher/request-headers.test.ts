import test from "ava";
import { readRequestHeaders } from "../../../src/client/dispatcher/request-headers.ts";

const pairs = [
  ["x-a", "1"],
  ["x-b", "2"],
  ["x-b", "3"],
];

for (const [form, given] of [
  ["an object", { "X-A": 1, "x-b": ["2", "3"], "x-c": undefined }],
  ["an object without a prototype", Object.assign(Object.create(null) as object, { "x-a": "1", "x-b": ["2", "3"] })],
  ["a flat list", ["X-A", "1", "x-b", "2", "X-B", "3"]],
  ["a flat list of buffers", ["X-A", "1", "x-b", "2", "X-B", "3"].map((text) => Buffer.from(text))],
  [
    "pairs",
    [
      ["X-A", "1"],
      ["x-b", ["2", "3"]],
    ],
  ],
  [
    "a Map",
    new Map<string, unknown>([
      ["X-A", "1"],
      ["x-b", ["2", "3"]],
    ]),
  ],
  [
    "what iterates",
    (function* () {
      yield ["X-A", " 1\t"];
      yield ["x-b", [2, 3]];
    })(),
  ],
] as const) {
  test(`headers are read from ${form}`, (t) => {
    t.deepEqual(readRequestHeaders(given).headers, pairs as never);
  });
}

test("no headers are none", (t) => {
  for (const given of [undefined, null, {}, []]) t.deepEqual(readRequestHeaders(given).headers, []);
});

test("the length is apart, said once or twice alike", (t) => {
  const { headers, contentLength } = readRequestHeaders(["Content-Length", "3", "content-length", "3"]);
  t.deepEqual(headers, []);
  t.is(contentLength, "3");
});

test("null is an empty value", (t) => {
  t.deepEqual(readRequestHeaders({ "x-a": null }).headers, [["x-a", ""]]);
});

test("what concerns a connection is left out, with what Connection names, and Expect", (t) => {
  const hops = ["keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection", "expect", "x-hop"];
  const given = Object.fromEntries(hops.map((name) => [name, "1"]));
  t.deepEqual(readRequestHeaders({ ...given, Connection: "close, X-Hop", "X-End": "1" }).headers, [["x-end", "1"]]);
});

for (const [what, given] of [
  ["a list of three", ["a", "b", "c"]],
  ["text", "a: b"],
  ["pairs of three", [["a", "b", "c"]]],
  ["a name with a blank", { "a b": "1" }],
  ["an empty name", { "": "1" }],
  ["a name that two headers could have in vars", { x_a: "1" }],
  ["a value with a line end", { a: "1\r\nb: 2" }],
  ["a value with a NUL", { a: "\0" }],
  ["a value beyond latin-1", { a: "\u20ac" }],
  ["an object for a value", { a: {} }],
  ["two lengths", ["content-length", "3", "content-length", "4"]],
] as const) {
  test(`${what} is refused with UWSGI_INVALID_ARGUMENT`, (t) => {
    t.throws(() => readRequestHeaders(given), { instanceOf: TypeError, code: "UWSGI_INVALID_ARGUMENT" });
  });
}
