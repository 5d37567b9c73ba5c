/** What is decided of answers: their headers, what failures become, which connections are due. */
import test from "ava";
import { ConnectionError, gone, LimitError, ProtocolError, TimeoutError, UwsgiError } from "../../../src/errors.ts";
import { dueOf, type Waiting } from "../../../src/gateway/http/client-connections.ts";
import { failureAnswer, failureOf } from "../../../src/gateway/http/failure.ts";
import { clientHeaders } from "../../../src/gateway/http/response-headers.ts";

test("headers of the connection to the upstream stay behind, those that its Connection names too", (t) => {
  const headers = [
    ["Connection", "close, X-Once"],
    ["X-Once", "1"],
    ["Keep-Alive", "timeout=5"],
    ["Transfer-Encoding", "chunked"],
    ["Upgrade", "h2c"],
    ["Trailer", "X"],
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
  ] as const;
  t.deepEqual(clientHeaders(headers, 200, false), [
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
  ]);
});

test("a 204 has no length, and a 304 keeps the one of what it stands for", (t) => {
  t.deepEqual(clientHeaders([["Content-Length", "0"]], 204, false), []);
  t.deepEqual(clientHeaders([["Content-Length", "5"]], 304, false), [["Content-Length", "5"]]);
});

for (const [error, status, sentence] of [
  [
    new ConnectionError("connect ECONNREFUSED /run/secret.sock", { code: "UWSGI_CONNECT_FAILED" }),
    502,
    "the upstream cannot be reached",
  ],
  [gone("x"), 502, "the upstream closed the connection without an answer"],
  [new ProtocolError("x", { code: "UWSGI_BAD_RESPONSE_HEAD" }), 502, "the upstream's answer is not valid"],
  [new LimitError("x", { code: "UWSGI_RESPONSE_HEAD_LIMIT" }), 502, "the head of the upstream's answer is too large"],
  [new TimeoutError("x", { code: "UWSGI_RESPONSE_TIMEOUT" }), 504, "the upstream did not answer in time"],
  [new TimeoutError("x", { code: "UWSGI_CONNECT_TIMEOUT" }), 504, "the upstream did not accept the connection in time"],
  [new UwsgiError("x", { code: "UWSGI_NO_NODE" }), 503, "no upstream is available"],
  [new Error("whatever"), 502, "the upstream failed"],
  [new TimeoutError("too slow", { code: "UWSGI_BODY_TIMEOUT" }), 408, "too slow"],
  [new ProtocolError("bad name", { code: "UWSGI_BAD_REQUEST_HEADER" }), 400, "bad name"],
  [new ProtocolError("expects x", { code: "UWSGI_EXPECTATION" }), 417, "expects x"],
  [new ProtocolError("HTTP/3.0", { code: "UWSGI_BAD_VERSION" }), 505, "HTTP/3.0"],
  [new ProtocolError("CONNECT", { code: "UWSGI_BAD_METHOD" }), 405, "CONNECT"],
  [new LimitError("too long", { code: "UWSGI_BODY_LIMIT" }), 413, "too long"],
  [Object.assign(new Error("x"), { code: "ENOSPC", syscall: "write" }), 507, "the request body could not be kept"],
  [Object.assign(new Error("x"), { code: "EACCES", syscall: "mkdtemp" }), 500, "the request body could not be kept"],
] as const) {
  test(`a failure by ${(error as { code?: string }).code ?? "anything else"} is ${status}: ${sentence}`, (t) => {
    t.like(failureOf(error), { status, sentence });
  });
}

test("a body that failed is judged by what it failed of", (t) => {
  const cause = Object.assign(new Error("x"), { code: "ENOSPC", syscall: "write" });
  t.is(failureOf(Object.assign(new Error("x", { cause }), { code: "UWSGI_REQUEST_BODY_FAILED" })).status, 507);
});

test("a failure is told in text, or in JSON to who asks for it; 503 says when to ask again, 405 what may be asked", (t) => {
  const failure = { status: 503, sentence: "no upstream is available", blames: "upstream" } as const;
  const text = failureAnswer(failure, "text/html, */*", "r1");
  t.is(text.body.toString(), "503 Service Unavailable: no upstream is available\n");
  t.deepEqual(new Map(text.headers).get("Retry-After"), "5");
  const json = failureAnswer(failure, "application/json", "r1");
  t.deepEqual(JSON.parse(json.body.toString()), {
    status: 503,
    error: "Service Unavailable",
    message: "no upstream is available",
    request_id: "r1",
  });
  t.is(new Map(json.headers).get("Content-Type"), "application/json");
  t.true(new Map(failureAnswer({ ...failure, status: 405 }, undefined, undefined).headers).has("Allow"));
});

const limits = { headTimeoutMs: 10, keepAliveTimeoutMs: 100 };
const idle: Waiting = { running: 0, isUpgraded: false, idleSince: 0, headSince: undefined };

for (const [about, waiting, now, due] of [
  ["one that answers is never due", { ...idle, running: 1, headSince: 0 }, 1_000, "nothing"],
  ["one that goes on as another protocol neither", { ...idle, isUpgraded: true }, 1_000, "nothing"],
  ["a head has its time", { ...idle, headSince: 0 }, 10, "nothing"],
  ["and no more", { ...idle, headSince: 0 }, 11, "slow-head"],
  ["between requests there is more time", idle, 100, "nothing"],
  ["which ends", idle, 101, "idle"],
] as const) {
  test(`of connections: ${about}`, (t) => t.is(dueOf(waiting, now, limits), due));
}
