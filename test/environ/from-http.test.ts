import test from "ava";
import { type HttpRequest, parseTarget, varsFromHttp } from "../../src/environ/index.ts";
import { type Pair, readVectors, type Vector } from "../helpers/vectors.ts";
import { faultOf } from "../helpers/wire.ts";

const BAD_TARGET = "UWSGI_BAD_TARGET";

/** Target, path, query; or the code of the refusal. */
const targets: readonly (readonly [target: string, path: string, query?: string])[] = [
  ["/", "/", ""],
  ["/a/b", "/a/b", ""],
  ["/a/b/", "/a/b/", ""],
  ["/a?b=c", "/a", "b=c"],
  ["/a?", "/a", ""],
  ["/a?b?c", "/a", "b?c"],
  ["/a?x=/../y", "/a", "x=/../y"],
  ["/a?p=%20%01%zz", "/a", "p=%20%01%zz"],
  ["//", "/", ""],
  ["/a//b///c", "/a/b/c", ""],
  ["/a/./b", "/a/b", ""],
  ["/a/.", "/a/", ""],
  ["/.", "/", ""],
  ["/a/../b", "/b", ""],
  ["/a/b/..", "/a/", ""],
  ["/a/..", "/", ""],
  ["/a/b/../..", "/", ""],
  ["/a/.../b", "/a/.../b", ""],
  ["/a/..b/.c", "/a/..b/.c", ""],
  ["/a//../b", "/b", ""],
  ["/%2e%2e", BAD_TARGET],
  ["/a/%2e%2e/b", "/b", ""],
  ["/a/%2E/b", "/a/b", ""],
  ["/a/.%2e/b", "/b", ""],
  ["/a%2Fb", "/a/b", ""],
  ["/a%2F%2Fb", "/a/b", ""],
  ["/a%2f..%2fb", "/b", ""],
  ["/a%3Fb", "/a?b", ""],
  ["/a%23b", "/a#b", ""],
  ["/a%25b", "/a%b", ""],
  ["/a%252e%252e", "/a%2e%2e", ""],
  ["/a%20b+c", "/a b+c", ""],
  ["/%C3%A9", "/\u00c3\u00a9", ""],
  ["/\u00e9", "/\u00e9", ""],
  ["/a#b", "/a", ""],
  ["/a#b?c", "/a", ""],
  ["/a?b#c", "/a", "b"],
  ["/a\\..\\b", "/a\\..\\b", ""],
  ["/a%00", BAD_TARGET],
  ["/a%", BAD_TARGET],
  ["/a%2", BAD_TARGET],
  ["/a%zz", BAD_TARGET],
  ["/a%2/b", BAD_TARGET],
  ["/a%+1", BAD_TARGET],
  ["/a%%41", BAD_TARGET],
  ["/..", BAD_TARGET],
  ["/../a", BAD_TARGET],
  ["/a/../..", BAD_TARGET],
  ["/a/../../b", BAD_TARGET],
  ["/%2e%2e%2fetc", BAD_TARGET],
  ["//../a", BAD_TARGET],
  ["", BAD_TARGET],
  ["*", BAD_TARGET],
  ["a", BAD_TARGET],
  ["?a", BAD_TARGET],
  ["example.test:443", BAD_TARGET],
  ["ftp://example.test/", BAD_TARGET],
  ["http:///a", BAD_TARGET],
  ["http://", BAD_TARGET],
  ["http://example.test/../a", BAD_TARGET],
];

for (const [target, path, query] of targets) {
  if (path === BAD_TARGET) {
    test(`target ${JSON.stringify(target)} is refused`, (t) =>
      t.is(faultOf(() => parseTarget(target))?.code, BAD_TARGET));
    continue;
  }
  test(`target ${JSON.stringify(target)} has the path ${JSON.stringify(path)} and the query ${JSON.stringify(query)}`, (t) => {
    const parsed = parseTarget(target);
    t.deepEqual([parsed.path, parsed.query, parsed.host], [path, query, undefined]);
    t.is(parsed.requestUri, target);
  });
}

for (const [target, expected] of [
  ["http://example.test/a?b", { host: "example.test", requestUri: "/a?b", path: "/a", query: "b" }],
  ["HTTPS://example.test:81/", { host: "example.test:81", requestUri: "/", path: "/", query: "" }],
  ["http://example.test", { host: "example.test", requestUri: "/", path: "/", query: "" }],
  ["http://example.test?b", { host: "example.test", requestUri: "/?b", path: "/", query: "b" }],
] as const) {
  test(`target ${target} is absolute: its host is split off`, (t) => t.deepEqual(parseTarget(target), expected));
}

test("the message about a target shows no more than its beginning, and no control character", (t) => {
  const { message = "" } = faultOf(() => parseTarget(`\n${"x".repeat(5_000)}`)) ?? {};
  t.regex(message, /^request target "\\nx{79}": /);
});

const request: HttpRequest = {
  method: "GET",
  target: "/",
  httpVersion: "1.1",
  headers: [],
  scheme: "http",
  remoteAddress: "192.0.2.1",
  remotePort: 4321,
  serverName: "example.test",
  serverPort: 80,
};

function varsOf(changes: Partial<HttpRequest>): Record<string, string> {
  return Object.fromEntries(varsFromHttp({ ...request, ...changes }));
}

function faultFor(headers: readonly Pair[]): unknown {
  return faultOf(() => varsOf({ headers }))?.code;
}

for (const name of ["Host", "Authorization", "Content-Length", "Content-Type"]) {
  test(`two different ${name} headers are refused`, (t) => {
    t.is(
      faultFor([
        [name, "1"],
        [name.toLowerCase(), "2"],
      ]),
      "UWSGI_BAD_REQUEST_HEADER",
    );
  });
  if (name === "Host") continue;
  test(`equal ${name} headers count once`, (t) =>
    t.is(
      faultFor([
        [name, "1"],
        [name, "1"],
      ]),
      undefined,
    ));
}

test("a second Host header is refused, also an equal one", (t) => {
  t.is(
    faultFor([
      ["Host", "a.test"],
      ["host", "a.test"],
    ]),
    "UWSGI_BAD_REQUEST_HEADER",
  );
});

for (const host of [
  "",
  "a/b",
  "a b",
  "a@b",
  "a\\b",
  "a?b",
  "a#b",
  "<a>",
  "a:b",
  "a:80:80",
  "[g]",
  "[::1",
  "\u00e9",
  "a,b c",
]) {
  test(`a Host of ${JSON.stringify(host)} is refused, in a header and in a target`, (t) => {
    t.is(faultFor([["Host", host]]), "UWSGI_BAD_REQUEST_HEADER");
    // In a target these end the host.
    if (/[/?#]/.test(host)) return;
    t.regex(
      String(faultOf(() => varsOf({ target: `http://${host}/` }))?.code),
      /^UWSGI_BAD_(?:TARGET|REQUEST_HEADER)$/,
    );
  });
}

for (const host of [
  "a",
  "a.test:80",
  "a.test:",
  "192.0.2.1:81",
  "[2001:db8::1]:80",
  "a_b.test",
  "xn--bcher-kva.test",
]) {
  test(`a Host of ${host} is passed on as it is`, (t) => {
    t.is(varsOf({ headers: [["Host", host]] })["HTTP_HOST"], host);
  });
}

for (const name of ["X_Real_IP", "X.Real-IP", "x_real-ip", "X Real IP"]) {
  test(`header ${name} beside X-Real-IP is refused, in either order; alone it is dropped`, (t) => {
    const hyphens: Pair = ["X-Real-IP", "1"];
    const other: Pair = [name, "1"];
    t.deepEqual(
      [faultFor([hyphens, other]), faultFor([other, hyphens]), faultFor([other])],
      ["UWSGI_BAD_REQUEST_HEADER", "UWSGI_BAD_REQUEST_HEADER", undefined],
    );
  });
}

test("Content_Length beside Content-Length is refused", (t) => {
  t.is(
    faultFor([
      ["Content-Length", "5"],
      ["Content_Length", "6"],
    ]),
    "UWSGI_BAD_REQUEST_HEADER",
  );
});

for (const encoding of ["gzip", "gzip, chunked", "chunked, chunked", "identity", "", "xchunked"]) {
  test(`a Transfer-Encoding of ${JSON.stringify(encoding)} is refused, though the length is known`, (t) => {
    const headers: Pair[] = [["Transfer-Encoding", encoding]];
    t.is(faultOf(() => varsOf({ headers, contentLength: 0 }))?.code, "UWSGI_BAD_REQUEST_HEADER");
  });
}

test("Transfer-Encoding is refused with HTTP/1.0, and taken in any case with HTTP/1.1", (t) => {
  const headers: Pair[] = [["Transfer-Encoding", "Chunked"]];
  t.is(faultOf(() => varsOf({ headers, contentLength: 0, httpVersion: "1.0" }))?.code, "UWSGI_BAD_REQUEST_HEADER");
  t.is(varsOf({ headers, contentLength: 0 })["CONTENT_LENGTH"], "0");
});

test("a Content-Length that is no number is refused", (t) => {
  t.deepEqual(
    ["5, 5", "+5", "x"].map((length) => faultFor([["Content-Length", length]])),
    Array.from({ length: 3 }, () => "UWSGI_BAD_CONTENT_LENGTH"),
  );
});

test("headers whose names could be taken for others are dropped", (t) => {
  const headers: Pair[] = [
    ["X_A", "1"],
    ["x.b", "2"],
    ["", "3"],
    ["X A", "4"],
    ["\u00e9", "5"],
    ["Content_Length", "6"],
  ];
  t.deepEqual(
    Object.keys(varsOf({ headers })).filter((name) => name.startsWith("HTTP_")),
    [],
  );
  t.is(varsOf({ headers })["CONTENT_LENGTH"], "");
});

test("Proxy and Transfer-Encoding are not passed on", (t) => {
  const vars = varsOf({
    contentLength: 0,
    headers: [
      ["Proxy", "http://evil.test"],
      ["Transfer-Encoding", "chunked"],
    ],
  });
  t.deepEqual([vars["HTTP_PROXY"], vars["HTTP_TRANSFER_ENCODING"]], [undefined, undefined]);
});

test("the length of a de-chunked body takes the place of the header's", (t) => {
  t.is(varsOf({ contentLength: 7, headers: [["Content-Length", "9"]] })["CONTENT_LENGTH"], "7");
});

test("the host of an absolute target counts, not the header's", (t) => {
  const vars = varsOf({ target: "http://a.test:81/x", headers: [["Host", "b.test"]] });
  t.like(vars, { HTTP_HOST: "a.test:81", REQUEST_URI: "/x", PATH_INFO: "/x" });
});

test("https is said by REQUEST_SCHEME and HTTPS", (t) => {
  t.like(varsOf({ scheme: "https" }), { REQUEST_SCHEME: "https", HTTPS: "on" });
  t.false("HTTPS" in varsOf({}));
});

// What nginx itself sent for the same request.

interface HttpMessage {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  readonly headers: readonly Pair[];
}

function parseHttp(bytes: Uint8Array): HttpMessage {
  const text = Buffer.from(bytes).toString("latin1");
  const [requestLine = "", ...lines] = text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n");
  const [method = "", target = "", protocol = ""] = requestLine.split(" ");
  const headers = lines.map((line): Pair => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { method, target, httpVersion: protocol.slice("HTTP/".length), headers };
}

/** Vectors of servers with other parameters than the stock file, or that sent something broken. */
const special: Readonly<Record<string, string>> = {
  "nginx/tcp-auth-subrequest": "PATH_INFO is that of the subrequest",
  "nginx/tcp-debian-params": "HTTP_HOST is nginx's $host, lower case and without a port",
  "nginx/tcp-empty-block-body": "no parameters at all",
  "nginx/tcp-no-headers": "uwsgi_pass_request_headers off",
  "malformed/real-nginx-1.22-long-key": "not a sound packet",
};

const captured = [...readVectors("nginx", "nginx-1.31"), ...readVectors("malformed")].filter(
  ({ client, http, httpNote, name }) =>
    client === "nginx" && http !== undefined && httpNote?.includes("HTTP/2") !== true && special[name] === undefined,
);

/** nginx's vars with the differences that `from-http.ts` documents: an object, repeats joined. */
function expectedOf({ vars = [], name: vector, http }: Vector): Record<string, string> {
  const expected: Record<string, string> = {};
  for (const [name, value] of vars) {
    if (/^HTTP_(?:PROXY|CONTENT_TYPE|CONTENT_LENGTH|TRANSFER_ENCODING)$/.test(name)) continue;
    const before = expected[name];
    expected[name] = before === undefined ? value : `${before}${name === "HTTP_COOKIE" ? "; " : ", "}${value}`;
  }
  // nginx 1.22 sends the Host header even where the target names another host; 1.31 does as we do.
  if (vector === "nginx/tcp-absolute-form") {
    expected["HTTP_HOST"] = parseTarget(parseHttp(http ?? new Uint8Array(0)).target).host ?? "";
  }
  return expected;
}

for (const vector of captured) {
  test(`a request becomes the vars that nginx ${vector.version} made of it: ${vector.name}`, (t) => {
    const sent = Object.fromEntries(vector.vars ?? []);
    const expected = expectedOf(vector);
    const message = parseHttp(vector.http ?? new Uint8Array(0));
    const isChunked = sent["HTTP_TRANSFER_ENCODING"] === "chunked";
    const made = varsFromHttp({
      ...message,
      ...(isChunked && { contentLength: Number(sent["CONTENT_LENGTH"]) }),
      scheme: sent["REQUEST_SCHEME"] === "https" ? "https" : "http",
      remoteAddress: sent["REMOTE_ADDR"] ?? "",
      remotePort: Number(sent["REMOTE_PORT"]),
      serverName: sent["SERVER_NAME"] ?? "",
      serverPort: Number(sent["SERVER_PORT"]),
      ...(sent["DOCUMENT_ROOT"] !== undefined && { documentRoot: sent["DOCUMENT_ROOT"] }),
      ...(sent["SCRIPT_NAME"] !== undefined && { scriptName: sent["SCRIPT_NAME"] }),
    });
    t.deepEqual(Object.fromEntries(made), expected);
    t.is(made.length, new Set(made.map(([name]) => name)).size, "a var came twice");
    // In nginx's order, but for SCRIPT_NAME, which a configuration adds where it likes.
    const order = Object.keys(expected).filter((name) => name !== "SCRIPT_NAME");
    t.deepEqual(
      made.map(([name]) => name).filter((name) => name !== "SCRIPT_NAME"),
      order,
    );
  });
}

test("requests of both versions of nginx were compared", (t) => {
  t.deepEqual(new Set(captured.map(({ version }) => version?.split(".")[1])), new Set(["22", "31"]));
  t.true(captured.length >= 25, `${captured.length}`);
});

test("a Transfer-Encoding needs the length of the decoded body, and is not passed on", (t) => {
  const chunked = {
    method: "POST",
    target: "/",
    httpVersion: "1.1",
    headers: [
      ["Content-Length", "3"],
      ["Transfer-Encoding", "chunked"],
    ],
    scheme: "http",
    remoteAddress: "127.0.0.1",
    remotePort: 1,
    serverName: "",
    serverPort: 80,
  } as const;
  t.throws(() => varsFromHttp(chunked), { code: "UWSGI_BAD_REQUEST_HEADER", message: /Transfer-Encoding/ });
  const vars = new Map(varsFromHttp({ ...chunked, contentLength: 5 }));
  t.is(vars.get("CONTENT_LENGTH"), "5");
  t.false(vars.has("HTTP_TRANSFER_ENCODING"));
});

test("a target with user information is refused", (t) => {
  t.throws(() => parseTarget("http://user:password@example.test/"), { code: "UWSGI_BAD_TARGET" });
});
