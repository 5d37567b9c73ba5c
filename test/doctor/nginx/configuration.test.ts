import test from "ava";
import fc from "fast-check";
import { type Block, readConfiguration } from "../../../src/doctor/nginx/configuration.ts";
import { isDump, readDump } from "../../../src/doctor/nginx/dump.ts";
import { matchesGlob } from "../../../src/doctor/nginx/glob.ts";
import { isOn, listAt, nearest } from "../../../src/doctor/nginx/inherit.ts";
import { Source } from "../../../src/doctor/nginx/source.ts";
import { sizeOf, timeOf } from "../../../src/doctor/nginx/units.ts";
import { ConfigError } from "../../../src/errors.ts";

/** A configuration of files in memory; the first is the main one. */
function read(files: Readonly<Record<string, string>>): Block {
  const [[path, text] = ["", ""]] = Object.entries(files);
  return readConfiguration(new Source(path, text), {
    find: (pattern) => Object.keys(files).filter((name) => matchesGlob(pattern, name) || name === pattern),
    read: (name) => (files[name] === undefined ? undefined : new Source(name, files[name])),
  });
}

function inner(block: Block, ...names: readonly string[]): Block {
  return names.reduce((at, name) => at.directives.find((directive) => directive.name === name)?.block ?? at, block);
}

test("directives of an included file stand in the place of the include, with their own file and line", (t) => {
  const main = read({ "/n.conf": "a;\ninclude /b/*.conf;\nc;", "/b/1.conf": "\nd;", "/b/2.conf": "e;" });
  t.deepEqual(
    main.directives.map(({ name, source, line }) => [name, source.path, line]),
    [
      ["a", "/n.conf", 1],
      ["d", "/b/1.conf", 2],
      ["e", "/b/2.conf", 1],
      ["c", "/n.conf", 3],
    ],
  );
});

test("a file that includes itself is an error", (t) => {
  const error = t.throws(() => read({ "/a": "b;\ninclude /a;" }), { instanceOf: ConfigError });
  t.is(error.message, "/a:2: includes nested more than 20 deep");
});

test("files that multiply are an error before they fill memory", (t) => {
  const files = Object.fromEntries(
    Array.from({ length: 19 }, (_, i) => [`/${i}`, `a;\n${`include /${i + 1};\n`.repeat(9)}`]),
  );
  const error = t.throws(() => read({ ...files, "/19": "a;" }), { instanceOf: ConfigError });
  t.regex(error.message, /more than 100000 directives/);
});

test("a text without a directive is no configuration", (t) => {
  const error = t.throws(() => read({ "/a": "# nothing\n" }), { instanceOf: ConfigError });
  t.is(error.code, "UWSGI_BAD_CONFIGURATION");
});

test("a directive with one value comes from the nearest block that has it", (t) => {
  const main = read({ "/a": "http { x 1; y 1; server { x 2; location / { z; } } }" });
  const location = inner(main, "http", "server", "location");
  t.deepEqual(
    [nearest(location, "x")?.args, nearest(location, "y")?.args, nearest(location, "w")],
    [["2"], ["1"], undefined],
  );
});

test("a list comes from the nearest block that has any of it, whole", (t) => {
  const main = read({ "/a": "http { p a; p b; server { location / { p c; } location /b { z; } } }" });
  const [first, second] = inner(main, "http", "server").directives.map(({ block }) => block);
  t.deepEqual(
    [first, second].map((block) => listAt(block, "p").map(({ args }) => args[0])),
    [["c"], ["a", "b"]],
  );
});

test("a switch has the value that nginx takes without it", (t) => {
  const main = read({ "/a": "x ON; y off;" });
  t.deepEqual([isOn(main, "x", false), isOn(main, "y", true), isOn(main, "z", true)], [true, false, true]);
});

const DUMP = `nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
nginx: configuration file /etc/nginx/nginx.conf test is successful
# configuration file /etc/nginx/nginx.conf:
http {
    include conf.d/*.conf;
}

# configuration file /etc/nginx/conf.d/b.conf:
b;

# configuration file /etc/nginx/conf.d/a.conf:

a;

`;

test("what nginx -T prints is a configuration of several files, includes relative to the first", (t) => {
  t.true(isDump(DUMP));
  const { main, files } = readDump(DUMP);
  const { directives } = inner(readConfiguration(main, files), "http");
  t.deepEqual(
    directives.map(({ name, source, line }) => [name, source.path, line]),
    [
      ["a", "/etc/nginx/conf.d/a.conf", 2],
      ["b", "/etc/nginx/conf.d/b.conf", 1],
    ],
  );
});

for (const text of ["", "http {}\n# configuration file /a:\n", "# configuration of a file\n", "nginx: nothing\n"]) {
  test(`${JSON.stringify(text)} is not what nginx -T prints`, (t) => {
    t.false(isDump(text));
  });
}

for (const [pattern, path, expected] of [
  ["/a/*.conf", "/a/b.conf", true],
  ["/a/*.conf", "/a/b/c.conf", false],
  ["/a/*.conf", "/a/.b.conf", false],
  ["/a/.*", "/a/.b", true],
  ["/*/c*d*", "/b/cxdy", true],
  ["/a?c", "/abc", true],
  ["/a[b-d]", "/ac", true],
  ["/a[!b-d]", "/ac", false],
  ["/a[^b]", "/ac", true],
  ["/a[", "/a[", true],
  ["/a*", "/b", false],
] as const) {
  test(`${pattern} ${expected ? "matches" : "does not match"} ${path}`, (t) => {
    t.is(matchesGlob(pattern, path), expected);
  });
}

test("a pattern of many stars is matched at once", (t) => {
  const start = performance.now();
  t.false(matchesGlob(`/${"*a".repeat(500)}`, `/${"a".repeat(2_000)}b`));
  t.true(performance.now() - start < 20_000);
});

for (const [text, size] of [
  ["8", 8],
  ["8k", 8_192],
  ["1M", 1_048_576],
  ["2g", 2_147_483_648],
  ["8kb", undefined],
  ["", undefined],
  [undefined, undefined],
] as const) {
  test(`${text} as a size is ${size}`, (t) => {
    t.is(sizeOf(text), size);
  });
}

for (const [text, time] of [
  ["60", 60_000],
  ["60s", 60_000],
  ["1h30m", 5_400_000],
  ["500ms", 500],
  ["1d 2", 86_402_000],
  ["1x", undefined],
  ["", undefined],
  ["1".repeat(50_000) + "x", undefined],
] as const) {
  test(`${text.slice(0, 20)} as a time is ${time}`, (t) => {
    t.is(timeOf(text), time);
  });
}

test("lines are counted as an editor does", (t) => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, behind) => {
      const line = before.split("\n").length;
      return new Source("a", `${before}${behind}`).lineOf(before.length) === line;
    }),
  );
  t.pass();
});
