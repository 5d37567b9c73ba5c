import test from "ava";
import { parse } from "yaml";
import type { ImportedFile } from "../../../src/config/import/imported.ts";
import { kindByContent, kindByName, kindByText } from "../../../src/config/import/guess-kind.ts";
import { reportSummary } from "../../../src/config/import/report-text.ts";
import { writeIni } from "../../../src/config/import/write-ini.ts";
import { writeYaml } from "../../../src/config/import/write-yaml.ts";
import { readIni } from "../../../src/config/ini/read-ini.ts";
import { memoryHost } from "../ini/hosts.ts";

const file: ImportedFile = {
  name: "app",
  options: {
    application: "app.js",
    args: ["-v", "50%", "100%%", "%n of a=b ; no comment"],
    master: true,
    grace: 1.5,
    env: { A: "b = c", PATH: "/bin:$PATH", "x.y": "# not one" },
    "chmod-socket": "0660",
    "log-format": '%(addr) 100% "%(uri)"',
  },
};

test("what is written as ini is read as it was meant", (t) => {
  const written = writeIni(file, ["a note"]);
  const text = "text" in written ? written.text : "";
  t.regex(text, /^; a note\n\[uisge\]\napplication = app\.js\n/);
  const { entries, problems } = readIni("/app.ini", undefined, memoryHost({ "/app.ini": text }));
  t.deepEqual(problems, []);
  t.deepEqual(
    entries.map(({ name, value }) => [name, value]),
    [
      ["application", "app.js"],
      ["args", "-v"],
      ["args", "50%"],
      ["args", "100%%"],
      ["args", "%n of a=b ; no comment"],
      ["master", "true"],
      ["grace", "1.5"],
      ["env", "A=b = c"],
      ["env", "PATH=/bin:$PATH"],
      ["env", "x.y=# not one"],
      ["chmod-socket", "0660"],
      ["log-format", '%(addr) 100% "%(uri)"'],
    ],
  );
});

for (const value of ["", " a", "a\t", "a\nb", "%(a)", "$(A)", "@(/etc/passwd)", "\u0000", "\u2028"]) {
  test(`an ini file cannot hold ${JSON.stringify(value)}, YAML can`, async (t) => {
    const odd: ImportedFile = { name: "app", options: { application: "app.js", args: [value], env: { A: "b" } } };
    t.deepEqual(writeIni(odd, []), { cannot: ["args"] });
    t.deepEqual(parse((await writeYaml(odd, ["a note"])).replaceAll("%%", "%").replaceAll(/([$@])\1\(/g, "$1(")), {
      uisge: odd.options,
    });
  });
}

test("what is written as YAML keeps its types", async (t) => {
  const text = await writeYaml(file, ["a note"]);
  t.regex(text, /^# a note\nuisge:\n/);
  t.deepEqual(parse(text.replaceAll("%%", "%").replaceAll(/([$@])\1\(/g, "$1(")), { uisge: file.options });
});

test("whose a file is, its name or its content tells", (t) => {
  t.deepEqual(["a.ini", "a.xml", "a.py", "a.config.cjs", "a.json", "a"].map(kindByName), [
    "uwsgi",
    "uwsgi",
    "gunicorn",
    "pm2",
    undefined,
    undefined,
  ]);
  t.is(kindByContent({ uwsgi: {} }), "uwsgi");
  t.is(kindByContent({ apps: [] }), "pm2");
  t.is(kindByContent([{}]), "pm2");
  t.is(kindByContent({ listeners: {} }), "unit");
  t.is(kindByContent({ config: { applications: {} } }), "unit");
  for (const nothing of [null, 1, "apps", {}, { config: 1 }]) t.is(kindByContent(nothing), undefined);
  t.is(kindByText("\n; uwsgi\n# x\n [uwsgi] \na = b"), "uwsgi");
  for (const other of ["", "{", "[\n1]", "a = b\n[uwsgi]"]) t.is(kindByText(other), undefined);
});

test("the summary counts verdicts", (t) => {
  const origin = { kind: "default" } as const;
  const row = { option: "a", value: "", origin, text: "" };
  t.is(
    reportSummary([{ ...row, verdict: "attention" }]),
    "1 option: 0 same, 0 renamed, 0 always so, 0 left out, 1 needs attention",
  );
});
