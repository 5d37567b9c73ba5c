import test from "ava";
import { settle } from "../../../src/config/index.ts";
import { importGunicorn } from "../../../src/config/import/gunicorn.ts";
import { givensOfFile, type Imported, type ImportWishes } from "../../../src/config/import/imported.ts";
import { readPython } from "../../../src/config/import/python-literal.ts";
import { fixtureNames, fixtureText } from "./fixture-files.ts";

function importText(text: string, wishes: ImportWishes = {}): Imported {
  return importGunicorn(text, { ...wishes, file: "gunicorn.conf.py", name: "site" });
}

function rowOf({ report }: Imported, option: string): Imported["report"][number] | undefined {
  return report.find((row) => row.option === option);
}

for (const name of fixtureNames("gunicorn")) {
  test(`${name}: each statement is in the report, and what comes of it can be meant`, (t) => {
    const text = fixtureText("gunicorn", name);
    const { report, files } = importText(text, { application: "app.js" });
    t.deepEqual(
      report.map(({ origin }) => (origin.kind === "file" ? origin.line : 0)),
      readPython(text).map(({ line }) => line),
    );
    const [file] = files;
    const settled = settle([file === undefined ? [] : givensOfFile(file, { kind: "default" })], "serve", (key) => key);
    t.deepEqual(settled.problems, []);
  });
}

test("what is data is put down, and what would have to be run is named with its line", (t) => {
  const { files, report } = importText(fixtureText("gunicorn", "gunicorn.conf.py"));
  t.deepEqual(files, [
    {
      name: "site",
      options: {
        chdir: "/srv/site/current",
        socket: ["127.0.0.1:8000", "/run/site.sock"],
        grace: 30,
        harakiri: 60,
        master: true,
        processes: "auto",
        "max-requests": 1_000,
        name: "site",
        uid: "www-data",
        gid: "www-data",
        umask: "027",
        env: { DJANGO_SETTINGS_MODULE: "site.settings", SECRET_KEY: "%(not-a-placeholder)" },
        logto: "/var/log/site/error.log",
      },
    },
  ]);
  const attention = report.filter(({ verdict }) => verdict === "attention");
  t.deepEqual(
    attention.map(({ option, origin }) => [option, origin.kind === "file" ? origin.line : 0]),
    [
      ["bind", 7],
      ["wsgi_app", 18],
      ["loglevel", 28],
      ["access_log_format", 29],
      ["statsd_host", 32],
      ["post_fork", 35],
      ["(Python)", 43],
      ["application", undefined],
    ],
  );
  t.notRegex(JSON.stringify(report), /not-a-placeholder/);
});

test("the last assignment of a name counts, also where it has to be run", (t) => {
  t.is(importText("workers = 3\nworkers = 4\n").files[0]?.options["processes"], 4);
  const result = importText("workers = 3\nworkers += 1\n");
  t.is(result.files[0]?.options["processes"], undefined);
  t.deepEqual(
    result.report.slice(0, 2).map(({ verdict }) => verdict),
    ["dropped", "attention"],
  );
});

test("where nobody says where, it listens where gunicorn does", (t) => {
  t.deepEqual(importText("").files[0]?.options["socket"], ["127.0.0.1:8000"]);
  t.deepEqual(importText('bind = ":9000"', { socket: "/run/%n.sock" }).files[0]?.options["socket"], ["/run/site.sock"]);
});

for (const [text, value] of [
  ["x = 'a' \"b\"", "ab"],
  ["x = ('a'\n  'b')", "ab"],
  ["x = 'a' + 'b'", "ab"],
  ["x = r'\\n'", "\\n"],
  ["x = '\\n\\'\\q'", "\n'\\q"],
  ['x = """a\nb"""', "a\nb"],
  ["x = 1_000 * 2 + 1", 2_001],
  ["x = -0.5", -0.5],
  ["x = 7 // 2", 3],
  ["x = 0o27", 23],
  ["x = (1)", 1],
  ["x = (1,)", [1]],
  ["x = [1, 'a', # one\n  None, True,]", [1, "a", null, true]],
  ["x = [1] + [2]", [1, 2]],
  ["x = \\\n  5", 5],
  ["x: int = 4", 4],
  ["x = 'a'  # = 'b'", "a"],
  [
    "x = {'a': 1, 'b': [2]}",
    new Map<string, unknown>([
      ["a", 1],
      ["b", [2]],
    ]),
  ],
] as const) {
  test(`${JSON.stringify(text)} is data`, (t) => {
    t.deepEqual(readPython(text), [{ kind: "assigned", name: "x", line: 1, value: value as never }]);
  });
}

for (const text of [
  "x = os.environ['A']",
  "x = f'{a}'",
  "x = open('/etc/passwd').read()",
  "x = [i for i in range(3)]",
  "x = y",
  "x = 1 if y else 2",
  "x = 1 / 0",
  "x = 'a' * 3",
  "x = lambda: 1",
  "x = {1: 2}",
  "x = cpu_count(1)",
  "x = 1; y = 2",
  "x = [1, 2",
  `x = ${"[".repeat(10_000)}`,
]) {
  test(`${JSON.stringify(text.slice(0, 40))} is no data`, (t) => {
    t.like(readPython(text)[0], { kind: "reckoned", name: "x", line: 1 });
  });
}

test("lines, imports and texts of nobody are counted right", (t) => {
  const text =
    '"""A text\nof two lines."""\nimport os\nfrom a import (\n  b,\n)\n\nx = 1\n@decorated\ndef f():\n    y = 2\n';
  t.deepEqual(readPython(text), [
    { kind: "assigned", name: "x", line: 8, value: 1 },
    { kind: "other", line: 9, text: "@decorated" },
    { kind: "function", name: "f", line: 10 },
  ]);
});

for (const piece of ["'", "x = [", "a ", '"""', "\\\n", "(", "x = -"]) {
  test(`${JSON.stringify(piece)} again and again is read to its end`, (t) => {
    const text = piece.repeat(20_000);
    t.true(readPython(text).every(({ line }) => line <= 20_001));
  });
}

for (const [line, to, ours] of [
  ["workers = 4", "processes", 4],
  ["workers = multiprocessing.cpu_count() * 2 + 1", "processes", "auto"],
  ["workers = 2 * os.cpu_count()", "processes", "auto"],
  ["bind = '127.0.0.1'", "socket", ["127.0.0.1:8000"]],
  ["bind = 'fd://3'", "socket", ["fd://3"]],
  ["umask = '022'", "umask", "022"],
  ["accesslog = None", "access-log", "off"],
  ["accesslog = '/a.log'", "access-logto", "/a.log"],
  ["capture_output = True", "capture-output", true],
  ["reload = True", "watch", ["."]],
  ["raw_env = 'A=b'", "env", { A: "b" }],
  ["uwsgi_allow_ips = '10.0.0.0/8,::1'", "allow", ["10.0.0.0/8"]],
] as const) {
  test(`${line} is ${to} = ${JSON.stringify(ours)}`, (t) => {
    t.deepEqual(importText(line).files[0]?.options[to], ours);
  });
}

for (const [line, option] of [
  ["workers = 'x'", "workers"],
  ["bind = 1", "bind"],
  ["raw_env = ['A']", "raw_env"],
  ["timeout = 'x'", "timeout"],
  ["user = []", "user"],
  ["uwsgi_allow_ips = '*'", "uwsgi_allow_ips"],
  ["accesslog = 1", "accesslog"],
] as const) {
  test(`${line} needs attention`, (t) => {
    t.is(rowOf(importText(line), option)?.verdict, "attention");
  });
}
