import test from "ava";
import { isServers, judge } from "../../../src/middleware/errors/verdict.ts";
import { scene } from "./failing-apps.ts";

const errorWith = (properties: object): Error => Object.assign(new Error("the message"), properties);

for (const [properties, status] of [
  [{}, 500],
  [{ status: 404 }, 404],
  [{ statusCode: 404 }, 404],
  [{ status: 200, statusCode: 503 }, 503],
  [{ status: 399 }, 500],
  [{ status: 600 }, 500],
  [{ status: 404.5 }, 500],
  [{ status: "404" }, 500],
  [{ code: "UWSGI_LENGTH_REQUIRED" }, 411],
  [{ code: "UWSGI_LENGTH_REQUIRED", status: 502 }, 502],
  [{ code: "ENOENT" }, 500],
] as const) {
  test(`an error with ${JSON.stringify(properties)} is a ${status}`, (t) => {
    t.is(judge(errorWith(properties)).status, status);
  });
}

test("a message is shown only where the error says so", (t) => {
  t.is(judge(errorWith({ status: 404 })).detail, undefined);
  t.is(judge(errorWith({ status: 404, expose: "true" })).detail, undefined);
  t.is(judge(errorWith({ status: 404, expose: true })).detail, "the message");
  t.is(judge(errorWith({ status: 503, expose: true })).detail, "the message");
});

test("an exposed message is cut, and no character in two", (t) => {
  const { detail } = judge(Object.assign(new Error(`${"a".repeat(1_999)}${"🍵".repeat(9)}`), { expose: true }));
  t.is(detail, `${"a".repeat(1_999)}...`);
});

test("headers that cannot be sent are left out", (t) => {
  t.deepEqual(judge(errorWith({ headers: { "Retry-After": 5, Allow: "a\r\nb: c" } })).headers, [["Retry-After", "5"]]);
  t.deepEqual(judge(errorWith({ headers: "Allow" })).headers, []);
});

const gone = (reason: unknown) => scene({}, { signal: AbortSignal.abort(reason) }).request;

for (const [what, error] of [
  ["UWSGI_PEER_GONE", errorWith({ code: "UWSGI_PEER_GONE" })],
  ["UWSGI_BODY_TRUNCATED", errorWith({ code: "UWSGI_BODY_TRUNCATED" })],
  ["AbortError", errorWith({ name: "AbortError" })],
] as const) {
  test(`${what} is the server's only when the peer is gone`, (t) => {
    t.true(isServers(error, gone("left")));
    t.false(isServers(error, scene().request));
  });
}

test("the reason of the signal is the server's", (t) => {
  t.true(isServers("left", gone("left")));
  t.false(isServers("another", gone("left")));
});

test("an ordinary failure is the application's, also when the peer is gone", (t) => {
  t.false(isServers(new Error("x"), gone("left")));
});

for (const code of ["UWSGI_BODY_LIMIT", "UWSGI_BODY_TIMEOUT"]) {
  test(`${code} is the server's`, (t) => {
    t.true(isServers(errorWith({ code }), scene().request));
  });
}
