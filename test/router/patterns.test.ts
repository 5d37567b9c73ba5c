/** Hosts and paths: what a pattern is for, and what is refused as one. */
import test from "ava";
import { compileHost, parseHost } from "../../src/router/host-pattern.ts";
import { compileMount, compilePath } from "../../src/router/path-pattern.ts";
import { mountedAt, pathOf } from "../../src/router/routed-path.ts";
import { faultOf } from "../helpers/wire.ts";

for (const [pattern, host, matches] of [
  ["example.com", "example.com", true],
  ["example.com", "EXAMPLE.com", true],
  ["Example.COM", "example.com", true],
  ["example.com", "example.com.", true],
  ["example.com.", "example.com", true],
  ["example.com", "example.com:8080", true],
  ["example.com:8080", "example.com:8080", true],
  ["example.com:8080", "example.com", false],
  ["example.com:8080", "example.com:80", false],
  ["example.com", "www.example.com", false],
  ["example.com", "example.com.evil.net", false],
  ["example.com", "notexample.com", false],
  ["*.example.com", "www.example.com", true],
  ["*.example.com", "a.b.example.com:81", true],
  ["*.example.com", "example.com", false],
  ["*.example.com", ".example.com", false],
  ["*.example.com", "notexample.com", false],
  ["*.example.com:81", "a.example.com:81", true],
  ["*.example.com:81", "a.example.com", false],
  ["[::1]", "[::1]:8080", true],
  ["[::1]:80", "[::1]:80", true],
  ["[::1]", "[::2]", false],
  ["127.0.0.1", "127.0.0.1:3031", true],
  ["a", "a:b", false],
  ["a", "a:1:2", false],
  ["bücher.example", Buffer.from("bücher.example").toString("latin1"), true],
] as const) {
  test(`host ${pattern} is ${matches ? "" : "not "}for ${JSON.stringify(host)}`, (t) => {
    t.is(compileHost(pattern, "here")(parseHost(host)), matches);
  });
}

for (const pattern of ["", "*", "*.", "a.*.com", "a b", "a/b", "http://a", "::1", 5, null, undefined, {}]) {
  test(`host ${JSON.stringify(pattern)} is no pattern`, (t) => {
    t.is(faultOf(() => compileHost(pattern, "here"))?.code, "UWSGI_BAD_RULE");
  });
}

for (const [pattern, path, matches] of [
  ["/", "/", true],
  ["/", "/any/thing", true],
  ["/", "*", false],
  ["/api", "/api", true],
  ["/api", "/api/", true],
  ["/api", "/api/x", true],
  ["/api", "/apix", false],
  ["/api", "/x/api", false],
  ["/api", "/API", false],
  ["/api/", "/api/x", true],
  ["/api/", "/api/", true],
  ["/api/", "/api", false],
  ["=/api", "/api", true],
  ["=/api", "/api/", false],
  ["=/a*b", "/a*b", true],
  ["=/a*b", "/axb", false],
  ["/api/*", "/api/", true],
  ["/api/*", "/api/x/y", true],
  ["/api/*", "/api", false],
  ["*.php", "/a/b.php", true],
  ["*.php", "/a/b.php/x", false],
  ["/a/*/c", "/a/b/c", true],
  ["/a/*/c", "/a/c", false],
  ["/a/*/c", "/a/b/c/d", false],
  ["/a/*/c", "/a/b/c/c", true],
  ["/*a*b*", "/xaxbx", true],
  ["/*a*b*", "/xbxa", false],
  ["/a**b", "/ab", true],
  ["/ab*b", "/ab", false],
  ["/aba*aba", "/aba", false],
  ["/aba*aba", "/abaaba", true],
  ["/caf\u00e9", "/caf\u00c3\u00a9", true],
] as const) {
  test(`path ${pattern} is ${matches ? "" : "not "}for ${path}`, (t) => {
    t.is(compilePath(pattern, "here")(path), matches);
  });
}

for (const [pattern, why] of [
  ["", /a path such as/],
  ["api", /allowed are \/prefix/],
  ["=api", /allowed are/],
  ["/a//b", /slashes are merged/],
  ["/a/../b", /\. and \.\. are refused/],
  ["/a/.", /\. and \.\. are refused/],
  ["/a?b=c", /query is no part/],
  ["/a%20b", /write the character itself/],
  ["/a\0", /control characters/],
  [5, /a path such as/],
] as const) {
  test(`path ${JSON.stringify(pattern)} is no pattern, and it is said why`, (t) => {
    const fault = faultOf(() => compilePath(pattern, "here"));
    t.is(fault?.code, "UWSGI_BAD_RULE");
    t.regex(fault?.message ?? "", why);
  });
}

test("a pattern takes no longer for the worst path than for any other", (t) => {
  const matches = compilePath(`/${"*a".repeat(50)}*b`, "here");
  const before = performance.now();
  t.false(matches(`/${"a".repeat(240_000)}`));
  // A backtracking one would take longer than the universe is old.
  t.true(performance.now() - before < 10_000);
});

test("a mount point does not end with a slash", (t) => {
  t.is(compileMount("/a/b", "here"), "/a/b");
  for (const path of ["/", "/a/", "a", "/a*?"]) t.is(faultOf(() => compileMount(path, "here"))?.code, "UWSGI_BAD_RULE");
});

for (const [script, info, expected] of [
  ["", "/a", "/a"],
  ["/a", "/b", "/a/b"],
  ["/a", "", "/a"],
  ["", "", "/"],
  ["/", "/a", "/a"],
  ["/", "a", "/a"],
  ["", "//a///b/", "/a/b/"],
  ["", "*", "*"],
  ["", "/a.b/..c/...", "/a.b/..c/..."],
] as const) {
  test(`SCRIPT_NAME "${script}" and PATH_INFO "${info}" are the path ${expected}`, (t) => {
    t.is(pathOf(script, info), expected);
  });
}

for (const [script, info] of [
  ["", "/a/../b"],
  ["", "/.."],
  ["", "/./a"],
  ["", "/a/."],
  ["/a", "/.."],
  ["/a/.", "./b"],
  ["", "//../a"],
  ["", "a"],
  ["", "../a"],
  ["x", "/a"],
  ["", "/a\0b"],
] as const) {
  test(`a path of ${JSON.stringify(script)} and ${JSON.stringify(info)} is refused`, (t) => {
    t.like(
      faultOf(() => pathOf(script, info)),
      { name: "ProtocolError", code: "UWSGI_BAD_TARGET" },
    );
  });
}

for (const [mount, script, info, expected] of [
  ["/api", "", "/api/x", ["/api", "/x"]],
  ["/api", "", "/api", ["/api", ""]],
  ["/api", "", "//api//x", ["/api", "//x"]],
  ["/a/b", "", "/a//b/c", ["/a/b", "/c"]],
  ["/a/b", "/a", "/b/c", ["/a/b", "/c"]],
  ["/a", "/a", "/b", ["/a", "/b"]],
  ["/api", "/", "/api/x", ["/api", "/x"]],
  ["/a", "/a/b", "/c", undefined],
  ["/api", "", "/apix", undefined],
  ["/api", "", "/b", undefined],
  ["/api", "", "", undefined],
] as const) {
  test(`mounted at ${mount}, "${script}" and "${info}" become ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(mountedAt(mount, script, info), expected);
  });
}
