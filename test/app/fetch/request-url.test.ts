import test from "ava";
import fc from "fast-check";
import { originOf, urlOf } from "../../../src/app/fetch/request-url.ts";
import type { Environ } from "../../../src/environ/index.ts";
import { stubRequest } from "./stub-request.ts";

function environ(vars: Partial<Environ>): Environ {
  return stubRequest(vars).environ;
}

for (const [host, origin] of [
  ["example.org", "http://example.org"],
  ["EXAMPLE.org", "http://example.org"],
  ["example.org:80", "http://example.org"],
  ["example.org:", "http://example.org"],
  ["example.org:8080", "http://example.org:8080"],
  ["127.0.0.1:81", "http://127.0.0.1:81"],
  ["[2001:db8::1]:81", "http://[2001:db8::1]:81"],
  ["my_host", "http://my_host"],
] as const) {
  test(`Host ${host} makes ${origin}`, (t) => {
    t.is(originOf(environ({ HTTP_HOST: host })), origin);
    t.is(originOf(environ({ HTTP_HOST: host })), origin, "a second time");
  });
}

for (const host of [
  "user@host",
  "host/path",
  "a b",
  "host#x",
  "host?x",
  "host\\x",
  "[::1",
  "::1",
  "a:b",
  "1.2.3.4.5",
  "%",
]) {
  test(`${host} is no host`, (t) => {
    t.is(originOf(environ({ HTTP_HOST: host })), undefined);
  });
}

for (const [name, port, origin] of [
  ["server.example", "8080", "http://server.example:8080"],
  ["server.example", "80", "http://server.example"],
  ["server.example", "0", "http://server.example"],
  ["::1", "81", "http://[::1]:81"],
  ["_", "80", "http://_"],
  ["~^(?<name>.+)$", "80", "http://localhost"],
] as const) {
  test(`without a Host, server ${name} and port ${port} make ${origin}`, (t) => {
    t.is(originOf(environ({ HTTP_HOST: "", SERVER_NAME: name, SERVER_PORT: port })), origin);
  });
}

test("the scheme is that of the front end", (t) => {
  t.is(originOf(environ({ HTTPS: "on", HTTP_HOST: "example.org:443" })), "https://example.org");
  t.is(originOf(environ({ REQUEST_SCHEME: "https", HTTP_HOST: "example.org:80" })), "https://example.org:80");
});

for (const [target, url] of [
  ["/", "http://h/"],
  ["/a/b?c=d&e", "http://h/a/b?c=d&e"],
  ["/a%2Fb", "http://h/a%2Fb"],
  ["/a?b?c", "http://h/a?b?c"],
  ["//a//b", "http://h//a//b"],
  ["/a/../b", "http://h/b"],
  ["/a/%2e%2E/b", "http://h/b"],
  ["/a/./b?..", "http://h/a/b?.."],
  ["/a\\b", "http://h/a/b"],
  ["/\u00c3\u00a9", "http://h/%C3%A9"],
  ["/\u00e9?\u00e9", "http://h/%E9?%E9"],
  ["/a b", "http://h/a%20b"],
] as const) {
  test(`target ${target} makes ${url}`, (t) => {
    t.is(urlOf("http://h", environ({ REQUEST_URI: target, PATH_INFO: "", QUERY_STRING: "" })), url);
  });
}

test("every target makes the URL that a URL parser makes of it", (t) => {
  const part = fc.string({ unit: fc.constantFrom(..."ab/.%2eE?#&=;'\"<>{}|\\^`~ +:@"), maxLength: 12 });
  fc.assert(
    fc.property(part, (text) => {
      const target = `/${text}`;
      const url = urlOf("http://h", environ({ REQUEST_URI: target, PATH_INFO: "", QUERY_STRING: "" }));
      t.is(url, new URL(url).href);
      t.true(url.startsWith("http://h/"));
    }),
  );
});
