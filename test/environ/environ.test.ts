import test from "ava";
import fc from "fast-check";
import {
  contentLengthOf,
  decodeUtf8,
  encodeUtf8,
  encodePath,
  type Environ,
  headerName,
  headersOf,
  parseContentLength,
  parseTarget,
  remoteOf,
  routedTargetOf,
  schemeOf,
  targetOf,
  varName,
} from "../../src/environ/index.ts";
import { faultOf } from "../helpers/wire.ts";

function environ(vars: Readonly<Record<string, unknown>> = {}): Environ {
  return {
    REQUEST_METHOD: "GET",
    SCRIPT_NAME: "",
    PATH_INFO: "/",
    QUERY_STRING: "",
    SERVER_NAME: "localhost",
    SERVER_PORT: "0",
    SERVER_PROTOCOL: "HTTP/1.1",
    ...vars,
  };
}

const BAD = "UWSGI_BAD_CONTENT_LENGTH";

for (const [text, expected] of [
  [undefined, undefined],
  ["", undefined],
  ["0", 0],
  ["5", 5],
  ["007", 7],
  ["9007199254740991", 2 ** 53 - 1],
  ["9007199254740992", BAD],
  ["9007199254740993", BAD],
  ["99999999999999999999999", BAD],
  ["+5", BAD],
  ["-5", BAD],
  ["-0", BAD],
  [" 5", BAD],
  ["5 ", BAD],
  ["5\n", BAD],
  ["5x", BAD],
  ["5, 5", BAD],
  ["5.0", BAD],
  ["0x10", BAD],
  ["1e3", BAD],
  ["Infinity", BAD],
  ["\u0665", BAD],
  ["\u00b2", BAD],
] as const) {
  test(`CONTENT_LENGTH ${JSON.stringify(text)} is ${expected}`, (t) => {
    let length: number | undefined;
    const fault = faultOf(() => {
      length = parseContentLength(text);
    });
    t.is(fault === undefined ? length : fault.code, expected);
  });
}

test("the length of a body that nobody announces is 0", (t) => {
  t.deepEqual([contentLengthOf(environ()), contentLengthOf(environ({ CONTENT_LENGTH: "" }))], [0, 0]);
});

test("a decimal number is read as itself, and with anything else in it never", (t) => {
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), fc.string(), (length, noise) => {
      t.is(parseContentLength(String(length)), length);
      if (!/^[0-9]*$/.test(noise)) t.is(faultOf(() => parseContentLength(`${length}${noise}`))?.code, BAD);
    }),
  );
});

for (const [vars, expected] of [
  [{}, "http"],
  [{ HTTPS: "on" }, "https"],
  [{ HTTPS: "ON" }, "https"],
  [{ HTTPS: "1" }, "https"],
  [{ HTTPS: "off" }, "http"],
  [{ HTTPS: "0" }, "http"],
  [{ HTTPS: "" }, "http"],
  [{ HTTPS: "yes" }, "http"],
  [{ REQUEST_SCHEME: "https" }, "https"],
  [{ REQUEST_SCHEME: "HTTPS" }, "https"],
  [{ REQUEST_SCHEME: "http", HTTPS: "on" }, "https"],
  [{ REQUEST_SCHEME: "ftp" }, "http"],
  [{ UWSGI_SCHEME: "https" }, "https"],
  [{ UWSGI_SCHEME: "http", REQUEST_SCHEME: "https" }, "https"],
  [{ HTTP_X_FORWARDED_PROTO: "https" }, "http"],
  [{ HTTP_X_FORWARDED_SSL: "on" }, "http"],
  [{ HTTPS: true }, "http"],
] as const) {
  test(`the scheme of ${JSON.stringify(vars)} is ${expected}`, (t) => t.is(schemeOf(environ(vars)), expected));
}

for (const [vars, expected] of [
  [{ REQUEST_URI: "/a%20b?x=1" }, "/a%20b?x=1"],
  [{ REQUEST_URI: "/a", PATH_INFO: "/b", QUERY_STRING: "c" }, "/a"],
  [{ REQUEST_URI: "" }, "/"],
  [{ PATH_INFO: "" }, "/"],
  [{ PATH_INFO: "/a b" }, "/a%20b"],
  [{ SCRIPT_NAME: "/app", PATH_INFO: "/x", QUERY_STRING: "z=1" }, "/app/x?z=1"],
  [{ SCRIPT_NAME: "/app", PATH_INFO: "" }, "/app"],
  [{ PATH_INFO: "/nul?q#f" }, "/nul%3Fq%23f"],
  [{ PATH_INFO: "/100%" }, "/100%25"],
  [{ PATH_INFO: "/\u00c3\u00a9\n" }, "/%C3%A9%0A"],
  [{ PATH_INFO: "/-._~!$&'()*+,;=:@" }, "/-._~!$&'()*+,;=:@"],
] as const) {
  test(`the target of ${JSON.stringify(vars)} is ${expected}`, (t) => t.is(targetOf(environ(vars)), expected));
}

test("an encoded path is decoded to what it was, whatever its bytes", (t) => {
  const segment = fc
    .stringMatching(/^[\x01-\xff]{1,8}$/)
    .filter((text) => !/^\.{1,2}$/.test(text) && !text.includes("/"));
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), (segments) => {
      const path = `/${segments.join("/")}`;
      t.is(parseTarget(encodePath(path)).path, path);
    }),
  );
});

test("the target is an answer even after the application has removed what it is made of", (t) => {
  t.is(targetOf({ REQUEST_METHOD: "GET" } as unknown as Environ), "/");
  t.is(targetOf(environ({ PATH_INFO: Symbol("x"), SCRIPT_NAME: Object.create(null), QUERY_STRING: undefined })), "/");
});

for (const [vars, address, port] of [
  [{ REMOTE_ADDR: "192.0.2.1", REMOTE_PORT: "80" }, "192.0.2.1", 80],
  [{ REMOTE_ADDR: "192.0.2.1" }, "192.0.2.1", undefined],
  [{ REMOTE_ADDR: "192.0.2.1:4321" }, "192.0.2.1", 4321],
  [{ REMOTE_ADDR: "[2001:db8::1]:4321" }, "2001:db8::1", 4321],
  [{ REMOTE_ADDR: "2001:db8::1" }, "2001:db8::1", undefined],
  [{ REMOTE_ADDR: "::1", REMOTE_PORT: "80" }, "::1", 80],
  [{ REMOTE_ADDR: "192.0.2.1", REMOTE_PORT: "" }, "192.0.2.1", undefined],
  [{ REMOTE_ADDR: "192.0.2.1", REMOTE_PORT: "x" }, "192.0.2.1", undefined],
  [{ REMOTE_ADDR: "192.0.2.1", REMOTE_PORT: "-1" }, "192.0.2.1", undefined],
  [{ REMOTE_ADDR: "192.0.2.1", REMOTE_PORT: "65536" }, "192.0.2.1", undefined],
  [{ REMOTE_ADDR: "unix:" }, undefined, undefined],
  [{ REMOTE_ADDR: "unix:", REMOTE_PORT: "" }, undefined, undefined],
  [{ REMOTE_ADDR: "" }, undefined, undefined],
  [{}, undefined, undefined],
] as const) {
  test(`the remote of ${JSON.stringify(vars)} is ${address} and ${port}`, (t) => {
    t.deepEqual(remoteOf(environ(vars)), { address, port });
  });
}

test("headers are the HTTP_ vars and the two without a prefix, in order, names in lower case", (t) => {
  const vars = {
    CONTENT_TYPE: "text/plain",
    HTTP_HOST: "a",
    REMOTE_ADDR: "b",
    HTTP_X_A_1: "c",
    CONTENT_LENGTH: "5",
    HTTP_: "d",
    HTTP_X_EMPTY: "",
    HTTP_NOT_TEXT: 5,
  };
  t.deepEqual(headersOf(environ(vars)), [
    ["content-type", "text/plain"],
    ["host", "a"],
    ["x-a-1", "c"],
    ["content-length", "5"],
    ["x-empty", ""],
  ]);
});

test("an empty CONTENT_TYPE and CONTENT_LENGTH are nginx's way to say that there is none", (t) => {
  t.deepEqual(headersOf(environ({ CONTENT_TYPE: "", CONTENT_LENGTH: "" })), []);
});

for (const [header, name] of [
  ["X-Foo", "HTTP_X_FOO"],
  ["x-foo", "HTTP_X_FOO"],
  ["Content-Type", "CONTENT_TYPE"],
  ["content-length", "CONTENT_LENGTH"],
  ["Content-Lengths", "HTTP_CONTENT_LENGTHS"],
  ["1-Digit", "HTTP_1_DIGIT"],
] as const) {
  test(`header ${header} is var ${name}, and back in lower case`, (t) => {
    t.deepEqual([varName(header), headerName(name)], [name, header.toLowerCase()]);
  });
}

for (const name of ["HTTP_", "REMOTE_ADDR", "HTTPS", "", "http_x"]) {
  test(`var ${JSON.stringify(name)} is no header`, (t) => t.is(headerName(name), undefined));
}

test("names are translated the same way when more are invented than are remembered", (t) => {
  const seen = Array.from({ length: 3_000 }, (_, i) => [varName(`X-Made-${i}`), headerName(`HTTP_X_MADE_${i}`)]);
  t.deepEqual([...seen, [varName("X-Made-2999"), headerName("HTTP_X_MADE_0")]].slice(-2), [
    ["HTTP_X_MADE_2999", "x-made-2999"],
    ["HTTP_X_MADE_2999", "x-made-0"],
  ]);
});

for (const [latin1, text] of [
  ["", ""],
  ["/a", "/a"],
  ["/\u00c3\u00a9t\u00c3\u00a9", "/été"],
  ["\u00e2\u0082\u00ac", "€"],
  ["\u00f0\u009f\u0098\u0080", "😀"],
  ["\u00e9", "\ufffd"],
  ["\u0080", "\ufffd"],
] as const) {
  test(`the latin-1 string ${JSON.stringify(latin1)} is ${JSON.stringify(text)} as UTF-8`, (t) => {
    t.is(decodeUtf8(latin1), text);
    if (!text.includes("\uFFFD")) t.is(encodeUtf8(text), latin1);
  });
}

test("decodeUtf8 keeps a byte order mark: two different paths stay different", (t) => {
  t.is(decodeUtf8("/\u00ef\u00bb\u00bfa"), "/\uFEFFa");
  t.is(decodeUtf8("\u00ef\u00bb\u00bfa"), "\uFEFFa");
});

for (const [rule, vars, expected] of [
  ["as it came", { REQUEST_URI: "/a?b", PATH_INFO: "/a", QUERY_STRING: "b" }, "/a?b"],
  ["as it came, without a query", { REQUEST_URI: "/a", PATH_INFO: "/a" }, "/a"],
  ["with its encoding", { REQUEST_URI: "/a%2Fb%20c/..//d?x=%20", PATH_INFO: "/a/d", QUERY_STRING: "x=%20" }, undefined],
  ["with slashes that were not merged", { REQUEST_URI: "/a//b%2Fc", PATH_INFO: "/a//b/c" }, undefined],
  [
    "with the mount point",
    { REQUEST_URI: "/m/%61?b", SCRIPT_NAME: "/m", PATH_INFO: "/a", QUERY_STRING: "b" },
    undefined,
  ],
  ["without its host", { REQUEST_URI: "http://h/a?b", PATH_INFO: "/a", QUERY_STRING: "b" }, "/a?b"],
  ["where PATH_INFO says nothing", { REQUEST_URI: "/a?b", PATH_INFO: "" }, undefined],
  ["with the path it was rewritten to", { REQUEST_URI: "/a?b", PATH_INFO: "/c d", QUERY_STRING: "b" }, "/c%20d?b"],
  ["with the query it was rewritten to", { REQUEST_URI: "/a?b", PATH_INFO: "/a", QUERY_STRING: "c" }, "/a?c"],
  ["rewritten to a longer path", { REQUEST_URI: "/a?b", PATH_INFO: "/a/b", QUERY_STRING: "b" }, "/a/b?b"],
  ["rewritten from what is no path", { REQUEST_URI: "/%zz", PATH_INFO: "/a" }, "/a"],
  ["rebuilt where there is none", { SCRIPT_NAME: "/m", PATH_INFO: "/%", QUERY_STRING: "q" }, "/m/%25?q"],
] as const) {
  test(`the routed target is REQUEST_URI ${rule}`, (t) => {
    t.is(routedTargetOf(environ(vars)), expected ?? ("REQUEST_URI" in vars ? vars.REQUEST_URI : ""));
  });
}
