import test from "ava";
import { type Given, settle } from "../../../src/config/index.ts";
import { type Imported, givensOfFile } from "../../../src/config/import/imported.ts";
import { importUwsgi, type UwsgiContext } from "../../../src/config/import/uwsgi.ts";
import { readIni } from "../../../src/config/ini/read-ini.ts";
import { machineHost } from "../ini/hosts.ts";
import { fixtureNames, fixturePath, fixtures } from "./fixture-files.ts";

function read(
  name: string,
  env: Record<string, string> = {},
): { entries: readonly Given[]; used: ReadonlySet<string> } {
  return readIni(fixturePath("uwsgi", name), undefined, machineHost(fixtures, { env, processors: 4 }));
}

function imported(name: string, context: Partial<UwsgiContext> = {}, env: Record<string, string> = {}): Imported {
  const { entries, used } = read(name, env);
  return importUwsgi(entries, { name: "app", placeholders: used, ...context });
}

/** What becomes of options that are said by hand. */
function convert(...options: readonly (readonly [name: string, value: string | true])[]): Imported {
  const givens = options.map(([name, value], index): Given => {
    return { name, value, origin: { kind: "file", file: "uwsgi.ini", line: index + 2 } };
  });
  return importUwsgi(givens, { name: "app", application: "app.js" });
}

function rowOf({ report }: Imported, option: string): Imported["report"][number] | undefined {
  return report.find((row) => row.option === option);
}

test("there are ten configurations of uWSGI's", (t) => {
  t.is(fixtureNames("uwsgi").length, 10);
});

for (const name of fixtureNames("uwsgi")) {
  test(`${name}: each line is in the report, and what comes of it can be meant`, (t) => {
    const { entries } = read(name);
    const result = imported(name, { application: "app.js" });
    const lines = (rows: readonly { readonly origin: Given["origin"] }[]): readonly unknown[] =>
      rows.map(({ origin }) => (origin.kind === "file" ? origin.line : undefined));
    t.deepEqual(lines(result.report), lines(entries));
    t.deepEqual(
      result.report.map(({ option }) => option),
      entries.map((given) => given.name),
    );
    const [file] = result.files;
    const settled = settle([file === undefined ? [] : givensOfFile(file, { kind: "default" })], "serve", (key) => key);
    t.deepEqual(settled.problems, []);
    t.is(settled.values["application"], "app.js");
  });
}

test("a site of Django's keeps how it is run, and needs an application", (t) => {
  const result = imported("django.ini");
  t.deepEqual(result.files, [
    {
      name: "app",
      options: {
        chdir: "/srv/shop/src",
        socket: ["/run/shop/shop.sock"],
        "chmod-socket": "660",
        "chown-socket": "shop:www-data",
        vacuum: true,
        harakiri: 60,
        master: true,
        processes: 5,
        "max-requests": 5_000,
        uid: "shop",
        gid: "www-data",
        env: { DJANGO_SETTINGS_MODULE: "shop.settings.production", LANG: "C.UTF-8" },
        "access-log": "off",
      },
    },
  ]);
  t.deepEqual(
    result.report.filter(({ verdict }) => verdict === "attention").map(({ option, to }) => [option, to]),
    [["module", "application"]],
  );
});

test("an application that is named takes the place of Python's", (t) => {
  const result = imported("django.ini", { application: "shop.js" });
  t.is(result.files[0]?.options["application"], "shop.js");
  t.like(rowOf(result, "module"), { verdict: "dropped", text: "shop.js is in its place" });
});

test("what the file itself decides is decided when it is read", (t) => {
  t.deepEqual(imported("sections.ini").files[0]?.options, {
    socket: ["127.0.0.1:3032"],
    grace: 8,
    harakiri: 30,
    master: true,
    processes: 4,
    umask: "027",
    env: { PYTHONUNBUFFERED: "1" },
  });
  const { files } = imported("sections.ini", {}, { SITE_PORT: "3999" });
  t.deepEqual(files[0]?.options["socket"], ["127.0.0.1:3999"]);
});

test("a placeholder of the file is none of the options that are missed, a misspelt option is", (t) => {
  t.like(rowOf(imported("django.ini"), "project"), { verdict: "dropped" });
  const { verdict, text } = rowOf(imported("development.ini"), "procesess") ?? {};
  t.is(verdict, "attention");
  t.regex(text ?? "", /was processes meant\?/);
});

test("values of environments are not in the report", (t) => {
  const result = imported("rails.ini");
  t.deepEqual(result.files[0]?.options["env"], { RAILS_ENV: "production", SECRET_KEY_BASE: "0123456789abcdef%x" });
  t.notRegex(JSON.stringify(result.report), /0123456789abcdef/);
});

for (const [option, value, to, ours] of [
  ["socket", "3031.sock", "socket", ["./3031.sock"]],
  ["socket", "@name", "socket", ["@name"]],
  ["suwsgi-socket", "127.0.0.1:3031,a.crt,a.key", "socket", ["suwsgi://127.0.0.1:3031"]],
  ["http-socket", "*:8080", "http", [":8080"]],
  ["chmod-socket", true, "chmod-socket", "666"],
  ["reload-mercy", "8", "grace", 8],
  ["limit-post", "1000", "max-body-bytes", 1_000],
  ["daemonize", "/var/log/a.log", "logto", "/var/log/a.log"],
  ["logger", "main file:/var/log/a.log", "logto", "/var/log/a.log"],
  ["req-logger", "file:logfile=/var/log/r.log,maxsize=1", "access-logto", "/var/log/r.log"],
  ["cron", "-15 4 -1 -1 7 poll -1", "cron", ["*/15 4 * * 7 poll -1"]],
  ["cron2", "minute=0,hour=-2,unique=1 backup --full", "cron", ["0 */2 * * * backup --full"]],
  ["cron2", "backup", "cron", ["* * * * * backup"]],
  ["attach-daemon2", "cmd=work a\\,b,freq=3", "attach-daemon", ["work a,b"]],
  ["py-auto-reload", "2", "watch", ["."]],
  ["logformat", "%(addr) %(status)", "log-format", "%(addr) %(status)"],
  ["ienv", "A=b=c", "env", { A: "b=c" }],
] as const) {
  test(`${option} = ${value} is ${to} = ${JSON.stringify(ours)}`, (t) => {
    const result = convert([option, value]);
    t.deepEqual(result.files[0]?.options[to], ours);
    t.true(["same", "renamed"].includes(rowOf(result, option)?.verdict ?? ""));
  });
}

for (const [option, value] of [
  ["harakiri", "0"],
  ["max-requests", "0"],
  ["disable-logging", "false"],
  ["py-auto-reload", "0"],
] as const) {
  test(`${option} = ${value} is left out`, (t) => {
    const result = convert([option, value]);
    t.deepEqual(result.files[0]?.options, { application: "app.js" });
    t.is(rowOf(result, option)?.verdict, "dropped");
  });
}

for (const [option, value, why] of [
  ["socket", ":3031", /other machines could reach it/],
  ["socket", "=0", /address of the shared socket/],
  ["suwsgi-socket", "127.0.0.1:3031", /tls-cert and tls-key/],
  ["processes", "many", /whole number/],
  ["uid", "root", /allow-root/],
  ["cron", "0 3 clean", /MIN HOUR DAY MONTH WEEKDAY/],
  ["cron2", "legion=core clean", /MIN HOUR DAY MONTH WEEKDAY/],
  ["logger", "syslog:app", /journald/],
  ["logto", "10.0.0.1:5140", /UDP/],
  ["attach-daemon2", "cmd=work,stopsignal=2", /left out: stopsignal/],
  ["harakiri", "%(seconds)", /a placeholder stands in it/],
  ["env", "NOTHING", /NAME=VALUE/],
] as const) {
  test(`${option} = ${value} needs attention`, (t) => {
    const { verdict, text } = rowOf(convert([option, value]), option) ?? {};
    t.is(verdict, "attention");
    t.regex(text ?? "", why);
  });
}

test("a second file for the same log is not forgotten", (t) => {
  const { report } = convert(["logto", "/a.log"], ["logto2", "/b.log"], ["logger", "file:/a.log"]);
  t.deepEqual(
    report.map(({ verdict }) => verdict),
    ["same", "attention", "renamed"],
  );
});

test("a socket that is wished for is the only one", (t) => {
  const { files } = imported("production.ini", { name: "ledger", socket: "/run/new/%n.sock" });
  t.deepEqual(files[0]?.options["socket"], ["/run/new/ledger.sock"]);
});
