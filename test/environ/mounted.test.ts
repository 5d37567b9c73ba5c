import test from "ava";
import fc from "fast-check";
import {
  encodePath,
  type Environ,
  MOUNTED,
  mountedTargetOf,
  parseTarget,
  targetBelowOf,
} from "../../src/environ/index.ts";

/** What a front end, and mounts at `script`, make of a target. */
function environ(requestUri: string, script: string, path: string, query = ""): Environ {
  const vars = { REQUEST_URI: requestUri, SCRIPT_NAME: script, PATH_INFO: path, QUERY_STRING: query };
  return { ...vars, [MOUNTED]: script } as unknown as Environ;
}

for (const [what, requestUri, script, path, base, below] of [
  ["a path", "/api/tea", "/api", "/tea", "/api", "/tea"],
  ["a mount point of two segments", "/api/v1/tea", "/api/v1", "/tea", "/api/v1", "/tea"],
  ["an encoded slash, which stays encoded", "/api/a%2Fb", "/api", "/a/b", "/api", "/a%2Fb"],
  ["an encoded letter", "/api/%74ea", "/api", "/tea", "/api", "/%74ea"],
  ["the mount point itself", "/api", "/api", "", "/api", "/"],
  ["the mount point with a slash", "/api/", "/api", "/", "/api", "/"],
  ["an encoded mount point", "/%61pi/tea", "/api", "/tea", "/%61pi", "/tea"],
  ["a mount point beyond ASCII", "/caf%C3%A9/tea", "/caf\u00c3\u00a9", "/tea", "/caf%C3%A9", "/tea"],
  ["double slashes, which the front end has merged", "//api//v1//tea", "/api/v1", "/tea", "//api//v1", "//tea"],
  ["double slashes, which it has left", "/api//tea", "/api", "//tea", "/api", "//tea"],
  ["dot segments below", "/api/a/../tea", "/api", "/tea", "/api", "/a/../tea"],
  ["dot segments above", "/x/../api/tea", "/api", "/tea", "/api", "/tea"],
  ["dot segments that cross the mount point", "/api/a/../../api/tea", "/api", "/tea", "/api", "/tea"],
  ["dot segments that cross it from another", "/api/../other/a b", "/other", "/a b", "/other", "/a%20b"],
  ["an encoded slash in the mount point", "/a%2Fb/tea", "/a/b", "/tea", "/a%2Fb", "/tea"],
  ["an encoded slash behind the mount point", "/api%2Ftea", "/api", "/tea", "/api", "/tea"],
  ["a rewritten path", "/other", "/api", "/a b", "/api", "/a%20b"],
  ["a broken encoding", "/%zz", "/api", "/tea", "/api", "/tea"],
  ["no REQUEST_URI", "", "/api", "/a b", "/api", "/a%20b"],
] as const) {
  test(`${what}: ${requestUri} is ${below} below ${base}`, (t) => {
    t.deepEqual(mountedTargetOf(environ(requestUri, script, path)), { base, below });
    t.is(targetBelowOf(environ(requestUri, script, path)), below);
  });
}

test("the query stays, as it was sent", (t) => {
  t.is(targetBelowOf(environ("/api/tea?a=%2F?/x", "/api", "/tea", "a=%2F?/x")), "/tea?a=%2F?/x");
  t.is(targetBelowOf(environ("/api?q", "/api", "", "q")), "/?q");
  t.is(targetBelowOf(environ("/x?q", "/api", "/tea", "q")), "/tea?q");
});

test("without a mount the target is whole, whatever SCRIPT_NAME the front end sends", (t) => {
  const { [MOUNTED]: _, ...unmounted } = environ("/app/tea?q", "/app", "/tea", "q");
  t.deepEqual(mountedTargetOf(unmounted), { base: "", below: "/app/tea?q" });
  t.is(targetBelowOf(unmounted), "/app/tea?q");
});

test("what is below says PATH_INFO, however the target is written", (t) => {
  const piece = fc.constantFrom("api", "a", "..", ".", "", "%2e", "%2F", "b%2fc", "%61pi", "x%20y", "%C3%A9");
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 7 }), fc.nat(4), (pieces, cut) => {
      const target = `/${pieces.join("/")}`;
      let decoded: string;
      try {
        decoded = parseTarget(target).path;
      } catch {
        return;
      }
      const segments = decoded.split("/");
      const script = segments.slice(0, 1 + Math.min(cut, segments.length - 1)).join("/");
      if (script.endsWith("/")) return;
      const path = decoded.slice(script.length);
      const { base, below } = mountedTargetOf(environ(target, script, path));
      t.is(parseTarget(below).path, path || "/");
      t.is(parseTarget(base || "/").path, script || "/");
      t.true(below.startsWith("/"));
      t.is(encodePath(decoded) === target && path !== "" ? base + below : target, target);
    }),
    { numRuns: 2_000 },
  );
});
