import test from "ava";
import type { AppResponse } from "../../../src/handler/index.ts";
import { answerWithCookie, readAnswer } from "../../../src/middleware/session/answer-headers.ts";
import { cookieName, cookiesOf, setCookie } from "../../../src/middleware/session/cookie.ts";

const settings = { name: "session", path: "/", domain: undefined, sameSite: "lax" } as const;

for (const [why, given, isSecure, name] of [
  ["http", settings, false, "session"],
  ["https", settings, true, "__Host-session"],
  ["https with a path", { ...settings, path: "/app" }, true, "__Secure-session"],
  ["https with a domain", { ...settings, domain: "example.org" }, true, "__Secure-session"],
  ["http with a domain", { ...settings, domain: "example.org" }, false, "session"],
] as const) {
  test(`over ${why} the cookie is called ${name}`, (t) => {
    t.is(cookieName(given, isSecure), name);
  });
}

test("the attributes over https are those that protect most", (t) => {
  t.is(setCookie(settings, true, "abc", 60), "__Host-session=abc; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax");
});

test("a cookie without Max-Age goes with the browser", (t) => {
  t.is(
    setCookie({ ...settings, path: "/app", domain: "example.org", sameSite: "strict" }, false, "abc", undefined),
    "session=abc; Domain=example.org; Path=/app; HttpOnly; SameSite=Strict",
  );
});

for (const [what, header, values] of [
  ["one among others", "a=1; session=x; b=2", ["x"]],
  ["all of the name, in their order", "session=x; session=y", ["x", "y"]],
  ["at most three", "session=a; session=b; session=c; session=d", ["a", "b", "c"]],
  ["none of a name that only ends so", "__Host-session=x; my_session=y", []],
  ["none that only has the name as its value", "a=session; session", []],
  ["no decoded ones", "session=%61", ["%61"]],
  ["an empty one", "session=", [""]],
  ["none of an empty header", "", []],
  ["none where there is no header", undefined, []],
] as const) {
  test(`of a Cookie header it finds ${what}`, (t) => {
    t.deepEqual(cookiesOf(header, "session"), [...values]);
  });
}

function answer(headers: AppResponse["headers"]): AppResponse {
  return { status: 200, headers, body: null };
}

test("an answer for which the session was read depends on the cookie", (t) => {
  t.deepEqual(readAnswer(answer([["Vary", "Accept"]])).headers, [["Vary", "Accept, Cookie"]]);
});

for (const [given, expected] of [
  [undefined, "private"],
  ["max-age=60", "private, max-age=60"],
  ["public, max-age=60, s-maxage=600", "private, max-age=60"],
  ["no-store", "no-store"],
  ["private, max-age=5", "private, max-age=5"],
  ['private="X-A, X-B", PUBLIC', 'private, private="X-A, X-B"'],
  ["no-cache", "private, no-cache"],
] as const) {
  test(`Cache-Control ${given} becomes ${expected} beside a session's cookie`, (t) => {
    const { headers } = answerWithCookie(answer(given === undefined ? [] : [["cache-control", given]]), "a=b");
    t.deepEqual(
      headers.filter(([name]) => /^cache-control$/i.test(name)),
      [["Cache-Control", expected]],
    );
  });
}

test("cookies of the application stay beside the session's", (t) => {
  const { headers } = answerWithCookie(answer([["Set-Cookie", "theme=dark"]]), "a=b");
  t.deepEqual(
    headers.filter(([name]) => name === "Set-Cookie").map(([, value]) => value),
    ["theme=dark", "a=b"],
  );
});
