import test from "ava";
import { session } from "../../../src/middleware/session/index.ts";
import { KEY } from "./sessions.ts";

for (const [what, options, message] of [
  ["neither keys nor store", {}, /neither keys nor store/],
  ["no options", undefined, /neither keys nor store/],
  ["an empty list of keys", { keys: [] }, /keys is a list/],
  ["a short key", { keys: [KEY, "hunter2"] }, /at least 32 characters/],
  ["a key that is undefined", { keys: [undefined] }, /keys is a list/],
  ["keys that are a string", { keys: KEY }, /keys is a string/],
  ["an unknown option", { keys: [KEY], maxAge: 5 }, /there is no option maxAge/],
  ["more idle time than time", { keys: [KEY], maxAgeSeconds: 10, idleSeconds: 11 }, /at most maxAgeSeconds \(10\)/],
  ["a time that is no number", { keys: [KEY], maxAgeSeconds: "7d" }, /maxAgeSeconds is "7d"/],
  ["a time that browsers cut", { keys: [KEY], maxAgeSeconds: 400 * 86_400 + 1 }, /maxAgeSeconds/],
  ["SameSite=None without Secure", { keys: [KEY], sameSite: "none" }, /sameSite is "none" without secure/],
  ["secure: false", { keys: [KEY], secure: false }, /secure is false, true or "auto" is needed/],
  ["a name with a prefix", { keys: [KEY], name: "__Host-session" }, /name is "__Host-session"/],
  ["a name that is none", { keys: [KEY], name: "a;b" }, /name is "a;b"/],
  ["a path that ends the attribute", { keys: [KEY], path: "/;x" }, /path is/],
  ["a path that is none", { keys: [KEY], path: "app" }, /path is "app"/],
  ["a domain with more behind it", { keys: [KEY], domain: "a.org; Secure" }, /domain is/],
  ["a cookie that no browser takes", { keys: [KEY], maxCookieBytes: 4_097 }, /maxCookieBytes is 4097/],
  ["a store that cannot delete", { store: { get() {}, set() {} } }, /store is an object/],
  ["a store of an unknown scheme", { store: "mysql://u:hunter2@h" }, /the scheme of store is "mysql"/],
  ["the URL of a store that is none", { store: "redis://:hunter2@[bad" }, /store begins with redis:\/\/ and is no URL/],
] as const) {
  test(`${what} is refused, and no secret is told`, (t) => {
    const error = t.throws(() => session(options as never), { instanceOf: TypeError, message });
    t.is((error as { code?: string } | undefined)?.code, "UWSGI_INVALID_ARGUMENT");
    const told = error?.message ?? "";
    t.false(told.includes("hunter2") || told.includes(KEY));
  });
}

test("idleSeconds is a day, or the whole time where that is less", (t) => {
  t.notThrows(() => session({ keys: [KEY], maxAgeSeconds: 60 }));
});

test("the middleware is called session", (t) => {
  t.is(session({ keys: [KEY] }).title, "session");
});
