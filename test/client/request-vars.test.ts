import test from "ava";
import { agreedLength, checkHead, type HeadersInput, type RequestHead } from "../../src/client/request-vars.ts";

const varsOf = (head: RequestHead, length?: number, type?: string): Record<string, unknown> =>
  Object.fromEntries(checkHead(head).vars(length, type));

test("a request of nothing is a GET of /", (t) => {
  t.deepEqual(varsOf({}), {
    QUERY_STRING: "",
    REQUEST_METHOD: "GET",
    CONTENT_TYPE: "",
    CONTENT_LENGTH: "",
    REQUEST_URI: "/",
    PATH_INFO: "/",
    SERVER_PROTOCOL: "HTTP/1.1",
    REQUEST_SCHEME: "http",
    REMOTE_ADDR: "127.0.0.1",
    REMOTE_PORT: "0",
    SERVER_PORT: "80",
    SERVER_NAME: "localhost",
    HTTP_HOST: "localhost",
  });
});

for (const [path, expected] of [
  ["/a%20b?c=d#e", { REQUEST_URI: "/a%20b?c=d", PATH_INFO: "/a b", QUERY_STRING: "c=d" }],
  ["/a b/\u00e9\u{1f600}?\u00e9", { REQUEST_URI: "/a%20b/%C3%A9%F0%9F%98%80?%C3%A9", QUERY_STRING: "%C3%A9" }],
  ["/a\r\nb", { REQUEST_URI: "/a%0D%0Ab" }],
  ["http://ex.test/a?b", { HTTP_HOST: "ex.test", SERVER_NAME: "ex.test", SERVER_PORT: "80", REQUEST_URI: "/a?b" }],
  ["https://ex.test", { HTTPS: "on", REQUEST_SCHEME: "https", SERVER_PORT: "443", REQUEST_URI: "/" }],
  ["https://ex.test:8443/", { HTTP_HOST: "ex.test:8443", SERVER_NAME: "ex.test", SERVER_PORT: "8443" }],
  ["http://[::1]:81/", { HTTP_HOST: "[::1]:81", SERVER_NAME: "[::1]", SERVER_PORT: "81" }],
] as const) {
  test(`the path ${JSON.stringify(path)} is what a front end makes of it`, (t) => t.like(varsOf({ path }), expected));
}

test("a URL object counts as its text", (t) => {
  t.like(varsOf({ path: new URL("https://ex.test/a?b#c") }), {
    HTTP_HOST: "ex.test",
    HTTPS: "on",
    REQUEST_URI: "/a?b",
  });
});

test("the scheme can be said, over that of the URL", (t) => {
  t.like(varsOf({ scheme: "https" }), { HTTPS: "on", SERVER_PORT: "443" });
  t.is(varsOf({ path: "https://ex.test/", scheme: "http" })["HTTPS"], undefined);
});

for (const [what, headers] of [
  [
    "pairs",
    [
      ["X-A", "1"],
      ["X-A", "2"],
      ["Host", "h.test:5"],
    ],
  ],
  [
    "a Headers object",
    new Headers([
      ["X-A", "1"],
      ["X-A", "2"],
      ["Host", "h.test:5"],
    ]),
  ],
  ["an object", { "X-A": ["1", "2"], Host: "h.test:5", "X-B": undefined }],
  [
    "a Map",
    new Map([
      ["X-A", "1, 2"],
      ["Host", "h.test:5"],
    ]),
  ],
] as readonly (readonly [string, HeadersInput])[]) {
  test(`headers as ${what} are vars`, (t) => {
    const vars = varsOf({ headers });
    t.like(vars, { HTTP_X_A: "1, 2", HTTP_HOST: "h.test:5", SERVER_NAME: "h.test", SERVER_PORT: "5" });
    t.false("HTTP_X_B" in vars);
  });
}

test("a number is a header's value", (t) => t.like(varsOf({ headers: { "X-A": 5 } }), { HTTP_X_A: "5" }));

for (const [name, value, code] of [
  ["Connection", "close", "UWSGI_INVALID_HEADER"],
  ["transfer-encoding", "chunked", "UWSGI_INVALID_HEADER"],
  ["TE", "trailers", "UWSGI_INVALID_HEADER"],
  ["Upgrade", "websocket", "UWSGI_INVALID_HEADER"],
  ["Keep-Alive", "5", "UWSGI_INVALID_HEADER"],
  ["Proxy", "http://evil", "UWSGI_INVALID_HEADER"],
  ["X_A", "b", "UWSGI_INVALID_HEADER"],
  ["X A", "b", "UWSGI_INVALID_HEADER"],
  ["", "b", "UWSGI_INVALID_HEADER"],
  ["X-A", "b\r\nX-C: d", "UWSGI_INVALID_HEADER"],
  ["X-A", " b", "UWSGI_INVALID_HEADER"],
  ["X-A", "\u20ac", "UWSGI_NOT_LATIN1"],
] as const) {
  test(`the header ${JSON.stringify(name)} of ${JSON.stringify(value)} is refused`, (t) => {
    t.throws(() => checkHead({ headers: [[name, value]] }), { instanceOf: TypeError, code });
  });
}

for (const method of ["", "GE T", "GET\r\n", "G\u00c4T"]) {
  test(`the method ${JSON.stringify(method)} is refused`, (t) => {
    t.throws(() => checkHead({ method }), { instanceOf: TypeError, code: "UWSGI_BAD_METHOD" });
  });
}

test("a scheme of another kind is refused", (t) => {
  t.throws(() => checkHead({ scheme: "ws" as "http" }), { code: "UWSGI_INVALID_ARGUMENT" });
});

test("a path that is none is refused", (t) => {
  for (const path of ["a", "", "/%zz", "/..", "ftp://ex.test/", "http://user@ex.test/"]) {
    t.throws(() => varsOf({ path }), { code: "UWSGI_BAD_TARGET" }, path);
  }
});

test("the length of the body is CONTENT_LENGTH; where a method wants a body it is 0 without one", (t) => {
  t.is(varsOf({ method: "POST" }, 5)["CONTENT_LENGTH"], "5");
  t.is(varsOf({ method: "GET" }, 0)["CONTENT_LENGTH"], "0");
  for (const method of ["POST", "PUT", "PATCH"]) t.is(varsOf({ method })["CONTENT_LENGTH"], "0");
  for (const method of ["GET", "HEAD", "DELETE", "OPTIONS"]) t.is(varsOf({ method })["CONTENT_LENGTH"], "");
});

test("a body's own type counts where no header says one", (t) => {
  t.is(varsOf({}, 1, "a/b")["CONTENT_TYPE"], "a/b");
  t.is(varsOf({ headers: { "content-type": "c/d" } }, 1, "a/b")["CONTENT_TYPE"], "c/d");
});

test("vars are set over those that are made, added, and taken away", (t) => {
  const vars = varsOf({
    vars: { REMOTE_ADDR: "10.0.0.1", SERVER_PORT: null, HTTPS: undefined, X: "y", B: Uint8Array.of(1) },
  });
  t.like(vars, { REMOTE_ADDR: "10.0.0.1", X: "y", B: Uint8Array.of(1) });
  t.false("SERVER_PORT" in vars || "HTTPS" in vars);
  t.like(varsOf({ vars: [["X", "y"]] }), { X: "y" });
});

test("a var that is replaced is there once, in its place", (t) => {
  const names = checkHead({ vars: { PATH_INFO: "/x" } })
    .vars(undefined)
    .map(([name]) => name);
  t.is(names.indexOf("PATH_INFO"), 5);
  t.is(names.lastIndexOf("PATH_INFO"), 5);
});

test("CONTENT_LENGTH is no var to set: a body of another length would be a second request", (t) => {
  for (const value of ["5", null]) {
    t.throws(() => checkHead({ vars: { CONTENT_LENGTH: value } }), { code: "UWSGI_INVALID_ARGUMENT" });
  }
});

test("lengths that were said agree, or are refused", (t) => {
  t.is(agreedLength(["a", undefined], ["b", 5], ["c", 5]), 5);
  t.is(agreedLength(["a", undefined]), undefined);
  t.throws(() => agreedLength(["the length of the body", 4], ["contentLength", 5]), {
    instanceOf: RangeError,
    code: "UWSGI_BODY_LENGTH",
    message: "the length of the body is 4 and contentLength is 5, only one can be true",
  });
});

test("a header Content-Length is read strictly", (t) => {
  t.is(checkHead({ headers: { "Content-Length": "5" } }).contentLength, 5);
  t.throws(() => checkHead({ headers: { "Content-Length": "+5" } }), { code: "UWSGI_BAD_CONTENT_LENGTH" });
});
