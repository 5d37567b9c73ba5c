import test from "ava";
import { type BridgeOptions } from "../../../src/gateway/index.ts";
import { readBridgeOptions } from "../../../src/gateway/http/bridge-options.ts";
import { type Origin, readRequest, type RequestHead, setBodyLength } from "../../../src/gateway/http/request-vars.ts";
import { faultOf } from "../../helpers/wire.ts";

const origin: Origin = {
  isTls: false,
  remoteAddress: "192.0.2.7",
  remotePort: 4711,
  localPort: 80,
  isTrusted: false,
};

function head(headers: readonly (readonly [string, string])[], changes: Partial<RequestHead> = {}): RequestHead {
  const rawHeaders = [["Host", "a.test"] as const, ...headers].flat();
  return { method: "GET", target: "/", httpVersion: "1.1", rawHeaders, isOpenEnded: false, ...changes };
}

interface Given extends Partial<Origin> {
  readonly options?: Partial<BridgeOptions>;
  readonly head?: Partial<RequestHead>;
  readonly upgrade?: string;
}

/** The vars of a request with these headers, or the code of its refusal. */
function varsOf(headers: readonly (readonly [string, string])[], given: Given = {}): Record<string, string> {
  const { options, head: changes, upgrade, ...place } = given;
  const settings = readBridgeOptions({ to: "/s", ...options });
  return Object.fromEntries(readRequest(head(headers, changes), { ...origin, ...place }, settings, upgrade).vars);
}

function codeOf(headers: readonly (readonly [string, string])[], given?: Given): unknown {
  return faultOf(() => varsOf(headers, given))?.code;
}

const trusting = { isTrusted: true, options: { trust: ["192.0.2.0/24"] } };

for (const name of [
  "Connection",
  "Keep-Alive",
  "Proxy-Connection",
  "Proxy-Authorization",
  "TE",
  "Trailer",
  "Upgrade",
]) {
  test(`${name} belongs to the connection, and is not passed on`, (t) => {
    const seen = varsOf([[name, "close"]]);
    t.false(`HTTP_${name.toUpperCase().replaceAll("-", "_")}` in seen);
  });
}

for (const name of ["Proxy", "Expect", "HTTP2-Settings"]) {
  test(`${name} is the bridge's own business, or an attack, and is not passed on`, (t) => {
    t.false(`HTTP_${name.toUpperCase().replaceAll("-", "_")}` in varsOf([[name, "x"]]));
  });
}

test("what Connection names ends here too", (t) => {
  const seen = varsOf([
    ["Connection", "close, X-Once"],
    ["X-Once", "1"],
    ["X-Kept", "1"],
  ]);
  t.like(seen, { HTTP_X_ONCE: undefined, HTTP_X_KEPT: "1" });
});

test("Connection takes nothing away without which the request would be another", (t) => {
  const seen = varsOf([
    ["Connection", "Host, Content-Length, Content-Type, X-Forwarded-For"],
    ["Content-Length", "5"],
    ["Content-Type", "text/plain"],
  ]);
  t.like(seen, {
    HTTP_HOST: "a.test",
    CONTENT_LENGTH: "5",
    CONTENT_TYPE: "text/plain",
    HTTP_X_FORWARDED_FOR: "192.0.2.7",
  });
});

test("an upgrade that is passed on is said in the bridge's own words", (t) => {
  const seen = varsOf([["Connection", "keep-alive, Upgrade"]], { upgrade: "websocket" });
  t.like(seen, { HTTP_CONNECTION: "Upgrade", HTTP_UPGRADE: "websocket" });
});

test("who is not trusted is who it is; what it says of itself is dropped, and replaced by what is known", (t) => {
  const seen = varsOf([
    ["X-Forwarded-For", "203.0.113.66"],
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Host", "evil.test"],
    ["X-Forwarded-Port", "443"],
    ["X-Real-IP", "203.0.113.66"],
    ["X-Forwarded-Ssl", "on"],
    ["Front-End-Https", "on"],
    ["Forwarded", "for=203.0.113.66"],
  ]);
  t.like(seen, {
    REMOTE_ADDR: "192.0.2.7",
    REMOTE_PORT: "4711",
    REQUEST_SCHEME: "http",
    HTTPS: undefined,
    SERVER_PORT: "80",
    HTTP_HOST: "a.test",
    HTTP_X_FORWARDED_FOR: "192.0.2.7",
    HTTP_X_FORWARDED_PROTO: "http",
    HTTP_X_FORWARDED_HOST: "a.test",
    HTTP_X_FORWARDED_PORT: undefined,
    HTTP_X_REAL_IP: undefined,
    HTTP_X_FORWARDED_SSL: undefined,
    HTTP_FRONT_END_HTTPS: undefined,
    HTTP_FORWARDED: undefined,
  });
});

test("a trusted proxy says who the client is, how it came, and to whom; the chain goes on with the proxy", (t) => {
  const seen = varsOf(
    [
      ["X-Forwarded-For", "203.0.113.66, 198.51.100.1"],
      ["X-Forwarded-Proto", "https"],
      ["X-Forwarded-Host", "shop.test"],
      ["X-Real-IP", "198.51.100.1"],
    ],
    trusting,
  );
  t.like(seen, {
    REMOTE_ADDR: "198.51.100.1",
    REMOTE_PORT: "0",
    REQUEST_SCHEME: "https",
    HTTPS: "on",
    SERVER_PORT: "443",
    HTTP_HOST: "shop.test",
    HTTP_X_FORWARDED_FOR: "203.0.113.66, 198.51.100.1, 192.0.2.7",
    HTTP_X_FORWARDED_PROTO: "https",
    HTTP_X_FORWARDED_HOST: "shop.test",
    HTTP_X_REAL_IP: "198.51.100.1",
  });
});

test("a chain in several headers is one", (t) => {
  const seen = varsOf(
    [
      ["X-Forwarded-For", "203.0.113.66"],
      ["x-forwarded-for", "192.0.2.9"],
    ],
    trusting,
  );
  t.like(seen, { REMOTE_ADDR: "203.0.113.66", HTTP_X_FORWARDED_FOR: "203.0.113.66, 192.0.2.9, 192.0.2.7" });
});

test("a trusted proxy that says nothing is a client", (t) => {
  t.like(varsOf([], trusting), {
    REMOTE_ADDR: "192.0.2.7",
    REMOTE_PORT: "4711",
    SERVER_PORT: "80",
    HTTP_HOST: "a.test",
  });
});

test("of a trusted proxy Forwarded is dropped where X-Forwarded-* are read: it may be its client's", (t) => {
  const seen = varsOf([["Forwarded", "for=203.0.113.66;proto=https"]], trusting);
  t.like(seen, { REMOTE_ADDR: "192.0.2.7", REQUEST_SCHEME: "http", HTTP_FORWARDED: undefined });
});

test("where Forwarded is read, X-Forwarded-* are dropped, and the chain goes on in it", (t) => {
  const seen = varsOf(
    [
      ["Forwarded", "for=198.51.100.1;proto=https;host=shop.test"],
      ["X-Forwarded-For", "203.0.113.66"],
    ],
    { isTrusted: true, options: { trust: ["192.0.2.0/24"], forwardedBy: "forwarded" } },
  );
  t.like(seen, {
    REMOTE_ADDR: "198.51.100.1",
    REQUEST_SCHEME: "https",
    HTTP_HOST: "shop.test",
    HTTP_X_FORWARDED_FOR: undefined,
    HTTP_FORWARDED: 'for=198.51.100.1;proto=https;host=shop.test, for=192.0.2.7;host="a.test";proto=http',
  });
});

test("on a unix socket there is no address, and nothing to add to a chain", (t) => {
  t.like(varsOf([], { remoteAddress: "", remotePort: 0 }), {
    REMOTE_ADDR: "unix:",
    HTTP_X_FORWARDED_FOR: undefined,
    HTTP_X_FORWARDED_PROTO: "http",
  });
});

test("TLS is https", (t) => {
  const seen = varsOf([], { isTls: true, localPort: 8443 });
  t.like(seen, { HTTPS: "on", REQUEST_SCHEME: "https", SERVER_PORT: "8443", HTTP_X_FORWARDED_PROTO: "https" });
});

test("a request gets an id, or keeps a plausible one", (t) => {
  t.regex(varsOf([])["HTTP_X_REQUEST_ID"] ?? "", /^[0-9a-f]{32}$/);
  t.is(varsOf([["X-Request-ID", "abc-1"]])["HTTP_X_REQUEST_ID"], "abc-1");
  t.regex(varsOf([["X-Request-ID", 'a b"c']])["HTTP_X_REQUEST_ID"] ?? "", /^[0-9a-f]{32}$/);
  const twice = varsOf([
    ["X-Request-ID", "a"],
    ["X-Request-ID", "b"],
  ]);
  t.regex(twice["HTTP_X_REQUEST_ID"] ?? "", /^[0-9a-f]{32}$/);
});

test("what tracing tools send is passed on as it came", (t) => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  t.like(
    varsOf([
      ["traceparent", traceparent],
      ["tracestate", "a=1"],
    ]),
    { HTTP_TRACEPARENT: traceparent, HTTP_TRACESTATE: "a=1" },
  );
});

test("vars of the operator stand instead of the bridge's, or beside them", (t) => {
  const options = { vars: { SERVER_NAME: "shop.test", UWSGI_APPID: "x" } };
  t.like(varsOf([], { options }), { SERVER_NAME: "shop.test", UWSGI_APPID: "x" });
});

for (const [about, headers, given, code] of [
  ["X_Real_IP, which could be taken for X-Real-IP", [["X_Real_IP", "1"]], {}, "UWSGI_BAD_REQUEST_HEADER"],
  ["a length above the limit", [["Content-Length", "11"]], { options: { maxBodyBytes: 10 } }, "UWSGI_BODY_LIMIT"],
  ["a length that is none", [["Content-Length", "+1"]], {}, "UWSGI_BAD_CONTENT_LENGTH"],
  ["CONNECT", [], { head: { method: "CONNECT" } }, "UWSGI_BAD_METHOD"],
  ["TRACE", [], { head: { method: "TRACE" } }, "UWSGI_BAD_METHOD"],
  ["HTTP/0.9", [], { head: { httpVersion: "0.9" } }, "UWSGI_BAD_VERSION"],
  ["HTTP/2 without an authority", [], { head: { httpVersion: "2.0", rawHeaders: [] } }, "UWSGI_BAD_REQUEST_HEADER"],
] as const) {
  test(`refused is ${about}`, (t) => {
    t.is(codeOf(headers, given), code);
  });
}

test("X_Real_IP is left out where that was asked for", (t) => {
  const seen = varsOf([["X_Real_IP", "1"]], { options: { headerNames: "drop" } });
  t.false("HTTP_X_REAL_IP" in seen);
});

test("a body without a length is to be read first, and its length said then", (t) => {
  const settings = readBridgeOptions({ to: "/s" });
  for (const request of [
    readRequest(head([["Transfer-Encoding", "chunked"]]), origin, settings),
    readRequest(head([], { httpVersion: "2.0", isOpenEnded: true }), origin, settings),
  ]) {
    t.is(request.bodyLength, undefined);
    setBodyLength(request, 7);
    t.is(Object.fromEntries(request.vars)["CONTENT_LENGTH"], "7");
  }
});
