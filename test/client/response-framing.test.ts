import test from "ava";
import { frameResponse } from "../../src/client/response-framing.ts";
import type { Header, ResponseHead } from "../../src/codec/index.ts";
import { ProtocolError } from "../../src/errors.ts";

const head = (headers: readonly Header[], status = 200): ResponseHead => ({
  status,
  reason: "",
  headers,
  form: "http",
  byteLength: 0,
});
const rules = { isHead: false, chunked: "refuse" } as const;
const never = Number.POSITIVE_INFINITY;

test("a response without a length goes to the end of the connection", (t) => {
  const headers: Header[] = [["X-A", "b"]];
  t.deepEqual(frameResponse(head(headers), rules), { length: never, isChunked: false, headers });
});

for (const [value, length] of [
  ["0", 0],
  ["5", 5],
  ["005", 5],
  ["999999999999999", 999_999_999_999_999],
] as const) {
  test(`Content-Length ${value} is ${length}`, (t) => {
    t.is(frameResponse(head([["content-LENGTH", value]]), rules).length, length);
  });
}

for (const value of ["", "5x", "+5", "-5", "5, 5", "5,5", "0x5", "1e3", "5.0", "9999999999999999", "\u0665"]) {
  test(`Content-Length ${JSON.stringify(value)} is refused`, (t) => {
    t.throws(() => frameResponse(head([["Content-Length", value]]), rules), {
      instanceOf: ProtocolError,
      code: "UWSGI_BAD_RESPONSE_HEAD",
      message: `Content-Length of the response is ${JSON.stringify(value)}, allowed are 1 to 15 digits`,
    });
  });
}

test("equal Content-Length headers count once, and are passed on once", (t) => {
  const headers: Header[] = [
    ["A", "b"],
    ["Content-Length", "5"],
    ["C", "d"],
    ["content-length", "5"],
  ];
  t.deepEqual(frameResponse(head(headers), rules), { length: 5, isChunked: false, headers: headers.slice(0, 3) });
});

for (const [first, second] of [
  ["5", "6"],
  ["5", "05"],
  ["5", ""],
] as const) {
  test(`Content-Length ${first} beside ${JSON.stringify(second)} is refused`, (t) => {
    const headers: Header[] = [
      ["Content-Length", first],
      ["Content-Length", second],
    ];
    t.throws(() => frameResponse(head(headers), rules), {
      code: "UWSGI_BAD_RESPONSE_HEAD",
      message: `the response has Content-Length "${first}" and ${JSON.stringify(second)}, only one can be true`,
    });
  });
}

test("chunked is refused, and the message says which option takes it", (t) => {
  t.throws(() => frameResponse(head([["Transfer-Encoding", "chunked"]]), rules), {
    code: "UWSGI_BAD_RESPONSE_HEAD",
    message: /Transfer-Encoding: chunked, which uwsgi has not; the option chunked: "decode" takes it/,
  });
});

const decoding = { isHead: false, chunked: "decode" } as const;

test("chunked is decoded by option, and the headers that spoke of it go", (t) => {
  const headers: Header[] = [
    ["Transfer-Encoding", "Chunked"],
    ["A", "b"],
    ["Trailer", "X-Sum"],
  ];
  t.deepEqual(frameResponse(head(headers), decoding), { length: never, isChunked: true, headers: [["A", "b"]] });
});

for (const options of [rules, decoding]) {
  test(`a Transfer-Encoding beside a Content-Length is refused, chunked: ${options.chunked}`, (t) => {
    const headers: Header[] = [
      ["Content-Length", "5"],
      ["Transfer-Encoding", "chunked"],
    ];
    t.throws(() => frameResponse(head(headers), options), {
      code: "UWSGI_BAD_RESPONSE_HEAD",
      message: 'the response has Transfer-Encoding "chunked" and Content-Length "5"',
    });
  });

  for (const value of ["gzip", "gzip, chunked", "chunked, chunked", "identity", "", "xchunked"]) {
    test(`Transfer-Encoding ${JSON.stringify(value)} is refused, chunked: ${options.chunked}`, (t) => {
      t.throws(() => frameResponse(head([["Transfer-Encoding", value]]), options), { code: "UWSGI_BAD_RESPONSE_HEAD" });
    });
  }
}

test("two Transfer-Encoding headers are one list, which is refused", (t) => {
  const headers: Header[] = [
    ["Transfer-Encoding", "chunked"],
    ["Transfer-Encoding", "chunked"],
  ];
  t.throws(() => frameResponse(head(headers), decoding), { message: /is "chunked, chunked"/ });
});

for (const status of [204, 304]) {
  test(`a ${status} has no body, whatever its length says`, (t) => {
    t.like(frameResponse(head([["Content-Length", "5"]], status), rules), { length: 0, isChunked: false });
  });
}

test("an answer to HEAD has no body, and keeps its length", (t) => {
  const headers: Header[] = [["Content-Length", "5"]];
  t.deepEqual(frameResponse(head(headers), { ...rules, isHead: true }), { length: 0, isChunked: false, headers });
});

test("behind a 101 comes what comes, to the end", (t) => {
  t.like(frameResponse(head([["Content-Length", "5"]], 101), rules), { length: never, isChunked: false });
});
