import test from "ava";
import type { ConfigHost } from "../../../src/config/host.ts";
import { originText } from "../../../src/config/given.ts";
import { type IniOptions, type IniResult, readIni } from "../../../src/config/ini/read-ini.ts";
import { type Files, memoryHost } from "./hosts.ts";

/** Reads `/etc/app.ini`, which has `text` in its section `uwsgi`. */
function read(text: string, files: Files = {}, changes: Partial<ConfigHost> = {}, options?: IniOptions): IniResult {
  const all = { "/etc/app.ini": `[uwsgi]\n${text}`, ...files };
  return readIni("/etc/app.ini", undefined, memoryHost(all, changes), options);
}

/** `name=value`; the name alone for an option without `=`. */
function entriesOf({ entries }: Pick<IniResult, "entries">): string[] {
  return entries.map(({ name, value }) => (value === true ? name : `${name}=${String(value)}`));
}

/** `file:line: message`. */
function problemsOf({ problems }: IniResult): string[] {
  return problems.map(({ origin, message }) => `${originText(origin)}: ${message}`);
}

/** What is read, where nothing is wrong. */
function sound(result: IniResult): string[] {
  return [...problemsOf(result), ...entriesOf(result)];
}

test("options come in order, with file and line", (t) => {
  const { entries, files } = read("socket = :3031\n\nmaster\nsocket = :3032");
  const file = "/etc/app.ini";
  t.deepEqual(entries, [
    { name: "socket", value: ":3031", origin: { kind: "file", file, line: 2 } },
    { name: "master", value: true, origin: { kind: "file", file, line: 4 } },
    { name: "socket", value: ":3032", origin: { kind: "file", file, line: 5 } },
  ]);
  t.deepEqual(files, [file]);
});

test("of a file with both sections, [uisge] is read", (t) => {
  const host = memoryHost({ a: "[uwsgi]\na = 1\n[uisge]\na = 2\nini = :uwsgi" });
  t.deepEqual(sound(readIni("a", undefined, host)), ["a=2", "a=1"]);
  t.deepEqual(sound(readIni("a", "uwsgi", host)), ["a=1"]);
});

test("a section that is not there is a problem, with the nearest one", (t) => {
  const host = memoryHost({ a: "[uwsgy]\n[app1]\n[app:main]", b: "[one]\n[two]\n[two]", c: "" });
  t.deepEqual(problemsOf(readIni("a", undefined, host)), [
    'a: "a" has no section [uisge] or [uwsgi]: did you mean "uwsgy"?',
  ]);
  t.deepEqual(problemsOf(readIni("a", "app2", host)), ['a: "a" has no section "app2": did you mean "app1"?']);
  t.deepEqual(problemsOf(readIni("b", undefined, host)), [
    'b: "b" has no section [uisge] or [uwsgi]: it has "one", "two"',
  ]);
  t.deepEqual(problemsOf(readIni("c", undefined, host)), ['c: "c" has no section [uisge] or [uwsgi]: it has none']);
});

test("a file that cannot be read is a problem, and where relative paths begin is said", (t) => {
  const host = memoryHost({});
  t.deepEqual(problemsOf(readIni("a.ini", undefined, host)), [
    'a.ini: "a.ini" cannot be read: ENOENT: no such file or directory, open \'a.ini\'; relative paths begin at "/srv"',
  ]);
  t.deepEqual(problemsOf(readIni("/a\u009b", undefined, host)), [
    String.raw`/a${"\u009b"}: "/a\u009b" cannot be read: ENOENT: no such file or directory, open '/a\u009b'`,
  ]);
  t.deepEqual(problemsOf(readIni("exec://ls", undefined, host)), [
    'exec://ls: "exec://ls" cannot be read: exec:// is not read: a configuration runs no commands',
  ]);
});

// Placeholders

test("a placeholder stands for the first option of its name, wherever that is", (t) => {
  t.deepEqual(sound(read("a = %(b)\nb = 1\nb = %(b)2")), ["a=1", "b=1", "b=12"]);
});

test("set-ph, set-placeholder and set say NAME=VALUE; only set says an option", (t) => {
  const { used, ...rest } = read("set-ph = a=1\nset-placeholder = b = x=y\nset = c=%(a)\nd = %(a)|%(b)|%(c)");
  t.deepEqual(entriesOf(rest), ["c=1", "d=1|x=y|1"]);
  t.deepEqual([...used].sort(), ["a", "b", "c"]);
});

test("all is put into placeholders, too", (t) => {
  const result = read("set-ph = dir=$(HOME)/x\na = %(dir)", {}, { env: { HOME: "/root" } });
  t.deepEqual(sound(result), ["a=/root/x"]);
});

test("set without NAME= is a problem", (t) => {
  t.deepEqual(problemsOf(read("set = a\nset-ph\nset-ph = =1")), [
    '/etc/app.ini:2: NAME=VALUE is needed, not "a"',
    '/etc/app.ini:3: NAME=VALUE is needed, not ""',
    '/etc/app.ini:4: NAME=VALUE is needed, not "=1"',
  ]);
});

test("a placeholder that refers to itself is a problem, and stays", (t) => {
  const result = read("a = 1%(b)\nb = 2%(c)\nc = 3%(b)");
  t.deepEqual(problemsOf(result), ["/etc/app.ini:4: %(b) refers to itself: b -> c -> b"]);
  t.deepEqual(entriesOf(result), ["a=123%(b)", "b=23%(b)", "c=3%(b)"]);
  t.deepEqual(problemsOf(read("a = %(a)")), ["/etc/app.ini:2: %(a) refers to itself: a -> a"]);
});

test("a problem is told once, where it stands, with the option", (t) => {
  t.deepEqual(read("a = $(NOT)\nb = %(a)%(a)\nc = %(a)").problems, [
    {
      origin: { kind: "file", file: "/etc/app.ini", line: 2 },
      message: 'the environment variable "NOT" is not set: set it, or write $(NOT:-DEFAULT)',
      name: "a",
    },
  ]);
});

test("what was said before is known to placeholders, and not said again", (t) => {
  const known = [{ name: "port", value: "1", origin: { kind: "flag", flag: "--set-ph" } }] as const;
  t.deepEqual(sound(read("port = 2\na = %(port)", {}, {}, { known })), ["port=2", "a=1"]);
});

// Includes

test("what is included stands in its place, with its own file, line and magic variables", (t) => {
  const files = { "/etc/b.ini": "[uwsgi]\nfile = %n %N\nini = %d%n.ini:more\n[more]\nmore = %x|%X" };
  const result = read("a = 1\ninclude = %db.ini\nc = %n", files);
  t.deepEqual(sound(result), ["a=1", "file=b app", "more=more|", "c=app"]);
  t.deepEqual(
    result.entries.map(({ origin }) => originText(origin)),
    ["/etc/app.ini:2", "/etc/b.ini:2", "/etc/b.ini:5", "/etc/app.ini:4"],
  );
  t.deepEqual(result.files, ["/etc/app.ini", "/etc/b.ini"]);
});

test(":SECTION is of the file that was read last, as uWSGI has it", (t) => {
  const files = { "/b.ini": "[uwsgi]\nb = 1\n[one]\none = of b" };
  const result = read("ini = :one\nini = /b.ini\nini = :one\n[one]\none = of app", files);
  t.deepEqual(sound(result), ["one=of app", "b=1", "one=of b"]);
});

test("what is inherited stands at the end", (t) => {
  const files = { "/b.ini": "[uwsgi]\nb = %(a)\ninherit = /c.ini\nb = 2", "/c.ini": "[uwsgi]\nc = $(HOME)" };
  const result = read("inherit = /%(file).ini\na = 1\nfile = b", files, { env: { HOME: "/root" } });
  t.deepEqual(sound(result), ["a=1", "file=b", "b=1", "b=2", "c=/root"]);
});

test("variables and placeholders that are known by then name a file to include", (t) => {
  const files = { "/root/x.ini": "[uwsgi]\nx = 1" };
  t.deepEqual(sound(read("a = x\nini = $(HOME)/%(a).ini", files, { env: { HOME: "/root" } })), ["a=x", "x=1"]);
});

test("a file is read once, however often it is included", (t) => {
  const host = memoryHost({ a: "[uwsgi]\nini = b\nini = b\nini = :x", b: "[uwsgi]\nb\n[x]\nx" });
  t.deepEqual(sound(readIni("a", undefined, host)), ["b", "b", "x"]);
  t.deepEqual(host.reads, ["a", "b"]);
});

for (const [rule, line, problem] of [
  ["nothing", "ini", "the name of a file is needed"],
  ["a colon", "ini = :", "the name of a file is needed"],
  ["what a program prints", "ini = exec://ls", "exec:// is not read: a configuration runs no commands"],
  ["standard input", "ini = -", "standard input is not read: a file has to be named"],
  ["a missing file", "include = /b.ini", "\"/b.ini\" cannot be read: ENOENT: no such file or directory, open '/b.ini'"],
  ["a missing section", "ini = :on", '"/etc/app.ini" has no section "on": did you mean "one"?'],
  ["XML", "xml = b.xml", '"b.xml" cannot be included: .ini, .yaml, .yml, .toml and .json can'],
  ["an unknown format", "include = b.txt", '"b.txt" cannot be included: .ini, .yaml, .yml, .toml and .json can'],
  ["itself", "ini = %p", 'it includes itself: "/etc/app.ini:uwsgi -> /etc/app.ini:uwsgi"'],
  [
    "itself, by another section",
    "ini = :one",
    'it includes itself: "/etc/app.ini:uwsgi -> /etc/app.ini:one -> /etc/app.ini:one"',
  ],
] as const) {
  test(`an include of ${rule} is a problem`, (t) => {
    const result = read(`${line}\nb = 1\n[one]\nini = :one`);
    t.true(
      problemsOf(result).some((found) => found.endsWith(`: ${problem}`)),
      problemsOf(result).join("\n"),
    );
    t.deepEqual(entriesOf(result), ["b=1"]);
  });
}

test("inherit of itself is a problem", (t) => {
  t.deepEqual(problemsOf(read("inherit = %p")), [
    '/etc/app.ini:2: it includes itself: "/etc/app.ini:uwsgi -> /etc/app.ini:uwsgi"',
  ]);
});

test("files of other formats are handed to who can read them", (t) => {
  const asked: unknown[] = [];
  const origin = { kind: "file", file: "x.yaml", line: 7 } as const;
  const result = read(
    "a = 1\nyaml = x.yaml:sec\ninclude = y.toml\nb = %(port)",
    {},
    {},
    {
      readOther: ({ format, path, section, first, origin: by }) => {
        asked.push([format, path, section, first.path, originText(by)]);
        return {
          entries: [
            { name: "port", value: 3_031, text: "3031", origin },
            { name: "c", value: "<%(a)>", origin, isItem: true },
            { name: "if-env", value: "NOT", origin },
            { name: "d", value: true, origin },
            { name: "endif", value: "", origin },
            { name: "deep", value: { x: 1 }, origin },
          ],
          problems: [{ origin, message: "wrong", name: "c" }],
        };
      },
    },
  );
  t.deepEqual(asked, [
    ["yaml", "x.yaml", "sec", "/etc/app.ini", "/etc/app.ini:3"],
    ["toml", "y.toml", undefined, "/etc/app.ini", "/etc/app.ini:4"],
  ]);
  const given = [
    { name: "port", value: 3_031, text: "3031", origin },
    { name: "c", value: "<1>", origin, isItem: true },
    { name: "deep", value: { x: 1 }, origin },
  ];
  t.deepEqual(result.entries.slice(1, -1), [...given, ...given]);
  t.is(entriesOf(result).at(-1), "b=3031");
  t.deepEqual(problemsOf(result), ["x.yaml:7: wrong"]);
});

// Logic; uwsgi.test.ts has more of it

test("else belongs to an if", (t) => {
  const env = { YES: "1" };
  t.deepEqual(sound(read("if-env = YES\na\nelse\nb\nendif\nif-env = NO\nc\nelse =\nd\nendif\ne", {}, { env })), [
    "a",
    "d",
    "e",
  ]);
  t.deepEqual(sound(read("if-env = NO\nelse\nd\nendif")), ["d"]);
});

test("a condition is asked once, for the whole block", (t) => {
  t.deepEqual(sound(read("if-not-opt = a\na = 1\nb = 2\nendif")), ["a=1", "b=2"]);
});

test("for-glob repeats for what matches", (t) => {
  const files = { "/d/a.sock": "", "/d/b.sock": "" };
  t.deepEqual(sound(read("for-glob = /d/*.sock\ns = %(_)\nendfor", files)), ["s=/d/a.sock", "s=/d/b.sock"]);
});

test("an include in a loop is included for each", (t) => {
  const files = { "/a.ini": "[uwsgi]\nfor = 1 2\na = %(_)\nendfor", "/b.ini": "[uwsgi]\nb" };
  t.deepEqual(sound(read("for = a b\nini = /%(_).ini\nc = %(_)\nendfor", files)), ["a=1", "a=2", "b", "c=a", "c=b"]);
});

test("what logic asks about may refer to variables and placeholders", (t) => {
  const result = read(
    "dir = /d\nfor = $(PORTS)\ns = :%(_)\nendfor\nif-dir = %(dir)\nd = %(_)\nendif",
    { "/d/": "" },
    {
      env: { PORTS: "1 2" },
    },
  );
  t.deepEqual(sound(result), ["dir=/d", "s=:1", "s=:2", "d=/d"]);
});

test("if-hostname-match takes a pattern, if-reload a reload", (t) => {
  const text = "if-hostname-match = ^b.x$\na\nendif\nif-not-hostname-match = ^b\nb\nendif\nif-reload\nc\nendif";
  t.deepEqual(sound(read(text)), ["a"]);
  t.deepEqual(sound(read(text, {}, { isReload: true, hostname: "x" })), ["b", "c"]);
});

for (const [rule, text, ...problems] of [
  ["an end of nothing", "endif", "/etc/app.ini:2: endif ends nothing: no for or if is open"],
  ["an else of nothing", "else", "/etc/app.ini:2: else belongs between an if and its endif"],
  ["a second else", "if-env = X\nelse\nelse\nendif", "/etc/app.ini:4: else belongs between an if and its endif"],
  ["an else in a loop", "for = 1\nelse\nendfor", "/etc/app.ini:3: else belongs between an if and its endif"],
  ["a loop without end", "for = 1 2", "/etc/app.ini:2: for is open at the end: endfor is needed"],
  ["an if without end", "a\nif-dir = /", "/etc/app.ini:3: if-dir is open at the end: endif is needed"],
  [
    "logic within logic",
    "for = 1\nif-env = X\nelse\nendif\nendfor",
    "/etc/app.ini:3: if-env may not stand within for: blocks of logic cannot be nested",
  ],
  ["a wrong number", "for-times = -1\nendfor", "/etc/app.ini:2: a whole number of at most 10000 is needed"],
  ["too large a number", "for-times = 10001\nendfor", "/etc/app.ini:2: a whole number of at most 10000 is needed"],
  ["a wrong pattern", "if-hostname-match = (\nendif", "/etc/app.ini:2: the value is no regular expression"],
  [
    "a missing file of lines",
    "for-readline = /no\nendfor",
    "/etc/app.ini:2: ENOENT: no such file or directory, open '/no'",
  ],
  ["an empty magic variable as a name", "%x = 1", '/etc/app.ini:2: no name is left of "%x"'],
  ["a fault in a line", "= 1", "/etc/app.ini:2: an option has to be named before the ="],
  [
    "a wrong magic variable",
    "%y = %z",
    '/etc/app.ini:2: the magic variable "%y" does not exist: a percent sign is written %%',
    '/etc/app.ini:2: the magic variable "%z" does not exist: a percent sign is written %%',
  ],
] as const) {
  test(`${rule} is a problem`, (t) => {
    t.deepEqual(problemsOf(read(text)), problems);
  });
}

test("what is wrong in a section that is not read is nobody's business", (t) => {
  const result = read("a = 1\n[app:main]\n= %z $(NOT)\nendif\nuse = egg:x%y\n[server:main]\n[filter:x]\n[pipeline:x]");
  t.deepEqual(sound(result), ["a=1"]);
});

// Our own sections

test("sections of a kind have a name, entries of their own, and know the placeholders of the main one", (t) => {
  const files = { "/up.ini": "[uwsgi]\nz\n[upstream:api]\nnode = %n:%(port)\nport = 2" };
  const { sections, ...result } = read(
    "port = 1\nini = /up.ini\n[middleware:gzip]\nlevel = %(port)\nfor = a b\ntype = %(_)\nendfor\n[gateway:g]",
    files,
  );
  t.deepEqual(entriesOf(result), ["port=1", "z"]);
  t.deepEqual(
    sections.map(({ title, origin, ...rest }) => [title, originText(origin), entriesOf(rest).join(" ")]),
    [
      ["middleware:gzip", "/etc/app.ini:4", "level=1 type=a type=b"],
      ["gateway:g", "/etc/app.ini:9", ""],
      ["upstream:api", "/up.ini:3", "node=up:2 port=2"],
    ],
  );
  t.deepEqual(result.problems, []);
});

test("a section may include another one, but not itself", (t) => {
  const { sections, problems } = read("[upstream:a]\nini = :shared\n[shared]\nx = 1\n[upstream:b]\nini = %p:b");
  t.deepEqual(
    sections.map(({ entries }) => entriesOf({ entries })),
    [["x=1"], []],
  );
  t.deepEqual(
    problems.map(({ message }) => message),
    ['"/etc/app.ini" has no section "b": it has "uwsgi", "upstream:a", "shared", "upstream:b"'],
  );
});

test("a kind without a name, and one that is nearly a kind, are problems", (t) => {
  t.deepEqual(problemsOf(read("[middleware]\n[upstream:]\n[midleware:x]\n[gateway:x]")), [
    "/etc/app.ini:2: a name is needed: [middleware:NAME]",
    "/etc/app.ini:3: a name is needed: [upstream:NAME]",
    '/etc/app.ini:4: no section is of the kind "midleware": did you mean middleware?',
  ]);
});

test("a section that has the name of a kind may be asked for", (t) => {
  t.deepEqual(sound(read("ini = :gateway\n[gateway]\na = 1")), ["a=1"]);
});

// uWSGI's own pages: "Configuring uWSGI", "Configuration Logic", "How uWSGI parses config files"

test("uWSGI's page on placeholders is read as it says", (t) => {
  const text = `; These are placeholders...
my_funny_domain = uwsgi.it
set-ph = max_customer_address_space=64
set-placeholder = customers_base_dir=/var/www
; And these aren't.
socket = /tmp/sockets/%(my_funny_domain).sock
chdir = %(customers_base_dir)/%(my_funny_domain)
limit-as = %(max_customer_address_space)
foo = 17
bar = 30
total = %(foo + bar + 3 * 2)
baz = %(foo ++)`;
  t.deepEqual(sound(read(text)), [
    "my_funny_domain=uwsgi.it",
    "socket=/tmp/sockets/uwsgi.it.sock",
    "chdir=/var/www/uwsgi.it",
    "limit-as=64",
    "foo=17",
    "bar=30",
    "total=100",
    "baz=18",
  ]);
});

test("uWSGI's pages on logic and on the order are read as they say", (t) => {
  const files = { "file2.ini": "[uwsgi]\nmaster = true\nmemory-report = true\nprocesses = 4" };
  const text = `for = a b c
socket = /var/run/%(_).socket
http-socket = /var/run/%(_)-http.socket
endfor =
ini = file2.ini
chdir = /var/www
cheaper-algo = busyness
if-opt = cheaper-algo=busyness
cheaper-busyness-max = 25
endif =`;
  t.deepEqual(sound(read(text, files)), [
    "socket=/var/run/a.socket",
    "socket=/var/run/b.socket",
    "socket=/var/run/c.socket",
    "http-socket=/var/run/a-http.socket",
    "http-socket=/var/run/b-http.socket",
    "http-socket=/var/run/c-http.socket",
    "master=true",
    "memory-report=true",
    "processes=4",
    "chdir=/var/www",
    "cheaper-algo=busyness",
    "cheaper-busyness-max=25",
  ]);
});
