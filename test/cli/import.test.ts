/** `uisge import`, and what is served by what it makes. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { parse } from "yaml";
import { importFile, type Told } from "../../src/cli/import/import-file.ts";
import { sendRequest } from "../../src/client/index.ts";
import { parseAddress } from "../../src/connection/index.ts";
import { fixtureNames, fixturePath } from "../config/import/fixture-files.ts";
import { Child } from "../helpers/child.ts";
import { freePort } from "../helpers/front-end-process.ts";
import { send } from "../helpers/http-client.ts";
import { projectRoot } from "../helpers/project.ts";
import { runProgram } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const main = join(projectRoot, "dist/cli/main.js");

type Values = Readonly<Record<string, string | true>>;

/** What the command does, without a process; values as they stand behind options. */
function runImport(file: string, values: Values = {}): Promise<Told> {
  return importFile({ values, positionals: [file] });
}

/** A file in a folder of its own, with what it holds. */
function fileOf(t: ExecutionContext, name: string, text: string): string {
  const path = join(folderOf(t), name);
  writeFileSync(path, text);
  return path;
}

test("as a command it reads standard input, prints the configuration, and the report on standard error", async (t) => {
  const input = "[uwsgi]\nsocket = 127.0.0.1:3031\nmodule = shop:app\ndie-on-term = true\n";
  const asked = JSON.stringify({ values: { application: "shop.js" }, positionals: ["-"] });
  const program = join(projectRoot, "build/test/programs/import.js");
  const { code, stdout, stderr } = await runProgram(process.execPath, [program, asked], { input });
  t.is(code, 0, stderr);
  const expected =
    "; Made of standard input by uisge import.\n[uisge]\napplication = shop.js\nsocket = 127.0.0.1:3031\n";
  t.is(stdout.toString(), expected);
  t.regex(stderr, /\n3 options: 1 same, 0 renamed, 1 always so, 1 left out, 0 need attention\n$/);
});

test("the report has a row for each option, with its line, and no value of an environment", async (t) => {
  const { code, out, report } = await runImport(fixturePath("uwsgi", "rails.ini"));
  t.is(code, 1);
  t.regex(out, /^; Made of rails\.ini by uisge import\.\n\[uisge\]\nchdir = \/srv\/blog\/current\n/);
  t.regex(out, /^env = SECRET_KEY_BASE=0123456789abcdef%%x$/m);
  const lines = report.split("\n");
  t.regex(lines[0] ?? "", /^WHERE +OPTION +VERDICT +HERE$/);
  t.true(lines.some((line) => /^rails\.ini:8 +http-socket +renamed +http$/.test(line)));
  t.true(lines.some((line) => /^rails\.ini:15 +route +ATTENTION +\S/.test(line)));
  t.regex(report, /\n18 options: \d+ same, \d+ renamed, \d+ always so, \d+ left out, \d+ need attention\n$/);
  t.notRegex(report, /0123456789abcdef|secret/);
});

test("each kind is recognised by name and content", async (t) => {
  for (const kind of ["uwsgi", "pm2", "gunicorn", "unit"] as const) {
    const folder = folderOf(t);
    const [name = ""] = fixtureNames(kind);
    const { code } = await runImport(fixturePath(kind, name), { output: `${folder}/new/` });
    t.is(code, 1);
    t.true(readdirSync(join(folder, "new")).length > 0, kind);
  }
});

test("uWSGI's YAML and JSON are read, with placeholders", async (t) => {
  const yaml = fileOf(
    t,
    "a.yaml",
    "uwsgi:\n  socket: 127.0.0.1:3031\n  env:\n    - A=%n\n    - B=2\n  die-on-term: true\n",
  );
  const json = fileOf(t, "a.json", '{"uwsgi": {"socket": "127.0.0.1:3031", "env": ["A=%n", "B=2"], "die-on-term": 1}}');
  for (const file of [yaml, json]) {
    const { out, report } = await runImport(file, { application: "app.js", to: "yaml" });
    const options = { application: "app.js", socket: ["127.0.0.1:3031"], env: { A: "a", B: "2" } };
    t.deepEqual(parse(out), { uisge: options });
    t.regex(report, /4 options|3 options/);
  }
});

test("a section is chosen by name", async (t) => {
  const file = fileOf(t, "a.ini", "[uwsgi]\nsocket = @a\n[staging]\nsocket = @b\n");
  const { out } = await runImport(file, { section: "staging" });
  t.regex(out, /^socket = @b$/m);
});

test("what is wrong in the file is in the report", async (t) => {
  const file = fileOf(t, "a.ini", "[uwsgi]\nsocket = $(UISGE_NOT_SET_BY_ANYBODY)\n");
  const { code, report } = await runImport(file, { application: "app.js" });
  t.is(code, 1);
  t.regex(report, /a\.ini:2 +socket +ATTENTION .*UISGE_NOT_SET_BY_ANYBODY/);
});

test("files are their owner's alone, and none is written over unasked", async (t) => {
  const output = join(folderOf(t), "app.yaml");
  const file = fixturePath("unit", "root.json");
  const { report } = await runImport(file, { output });
  t.true(report.endsWith(`written: ${output}\n`));
  t.is(statSync(output).mode & 0o777, 0o600);
  writeFileSync(output, "mine");
  await t.throwsAsync(runImport(file, { output }), { message: `${output} is there already: --force writes over it` });
  t.is(readFileSync(output, "utf8"), "mine");
  await runImport(file, { output, force: true });
  t.regex(readFileSync(output, "utf8"), /application: app\.js/);
});

test("of several files none is written where one is there", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "admin.ini"), "mine");
  const written = runImport(fixturePath("pm2", "ecosystem.config.cjs"), { output: folder, to: "ini" });
  await t.throwsAsync(written, { code: "UWSGI_BAD_CONFIGURATION" });
  t.deepEqual(readdirSync(folder), ["admin.ini"]);
});

test("several applications need a folder", async (t) => {
  await t.throwsAsync(runImport(fixturePath("pm2", "ecosystem.config.cjs")), {
    code: "UWSGI_INVALID_ARGUMENT",
    message: /has 2 applications \(shop, admin\): --output FOLDER/,
  });
});

test("what ini cannot hold is YAML, and refused where ini is asked for", async (t) => {
  const file = fixturePath("gunicorn", "gunicorn.conf.py");
  const { out } = await runImport(file);
  t.regex(out, /^# Made of gunicorn\.conf\.py by uisge import\.\nuisge:\n/);
  await t.throwsAsync(runImport(file, { to: "ini" }), {
    code: "UWSGI_BAD_CONFIGURATION",
    message: "an ini file cannot hold the values of env: --to yaml can",
  });
});

test("all of it is one JSON object, too", async (t) => {
  const { code, out, report } = await runImport(fixturePath("unit", "root.json"), { json: true });
  t.is(code, 1);
  t.is(report, "");
  const told = JSON.parse(out) as { files: { name: string }[]; report: { option: string }[] };
  t.is(told.files[0]?.name, "app");
  t.is(told.report.length, 10);
});

for (const [title, name, text, values, code, message] of [
  ["nobody's", "a.yaml", "a: 1\n", {}, "UWSGI_INVALID_ARGUMENT", /whose is it\?/],
  ["no YAML", "a.yaml", "a: [\n", {}, "UWSGI_BAD_CONFIGURATION", /a\.yaml: /],
  ["XML", "uwsgi.xml", "<uwsgi/>", {}, "UWSGI_BAD_CONFIGURATION", /XML is not read/],
  ["a program that throws", "a.cjs", "throw new Error('not today');", {}, "UWSGI_BAD_CONFIGURATION", /not today/],
  ["too large", "a.ini", ";".repeat(2 ** 20 + 1), {}, "UWSGI_BAD_CONFIGURATION", /at most 1048576/],
  [
    "of an unknown program",
    "a",
    "",
    { from: "apache" },
    "UWSGI_INVALID_ARGUMENT",
    /--from apache: there are uwsgi, pm2,/,
  ],
  ["for an unknown format", "a", "", { to: "xml" }, "UWSGI_INVALID_ARGUMENT", /--to xml: there are ini, yaml/],
] as const) {
  test(`what is ${title} is refused`, async (t) => {
    await t.throwsAsync(runImport(fileOf(t, name, text), values), { code, message });
  });
}

test("what is not there, and a folder, are refused", async (t) => {
  const folder = folderOf(t);
  await t.throwsAsync(runImport(join(folder, "no.ini")), { code: "UWSGI_NO_CONFIGURATION", message: /ENOENT/ });
  await t.throwsAsync(runImport(folder), { code: "UWSGI_BAD_CONFIGURATION", message: /no file/ });
  await t.throwsAsync(importFile({ values: {}, positionals: [] }), { code: "UWSGI_INVALID_ARGUMENT" });
});

test("no terminal obeys what a file says", async (t) => {
  const file = fileOf(t, "a.ini", "[uwsgi]\n\u001b[31mred = \u001b]0;title\u0007\nsocket = @a\nchdir = /\u001b[31m\n");
  const { out, report } = await runImport(file);
  t.false(`${out}${report}`.includes("\u001b"));
});

// What it makes is served

const WSGI = `export function application(environ, startResponse) {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return JSON.stringify({ one: process.env.ONE, args: process.argv.slice(2) });
}
`;

const NODE = `const { createServer } = require("node:http");
const server = createServer((request, response) => {
  response.end(JSON.stringify({ one: process.env.ONE, args: process.argv.slice(2) }));
});
server.listen(process.env.PORT ?? 3000);
`;

/** Serves by an imported configuration, until its socket is there. */
async function serve(t: ExecutionContext, folder: string, config: string, ready = /listening on/): Promise<void> {
  const own = ["--allow-root", "--control", join(folder, "control.sock")];
  const child = new Child([main, "serve", "--config", config, ...own], { cwd: folder });
  t.teardown(() => child[Symbol.asyncDispose]());
  await child.printed("stderr", ready);
}

async function ask(socket: string): Promise<unknown> {
  const response = await sendRequest(parseAddress(socket), { vars: { REQUEST_METHOD: "GET", PATH_INFO: "/" } });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
}

test("a configuration of uWSGI's serves", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "app.mjs"), WSGI);
  writeFileSync(
    join(folder, "uwsgi.ini"),
    "[uwsgi]\nchdir = %d\nmodule = shop.wsgi\nsocket = %dapp.sock\nworkers = 1\nenv = ONE=1\npyargv = x\ndie-on-term = 1\nstats = :9191\n",
  );
  const config = join(folder, "app.ini");
  t.is((await runImport(join(folder, "uwsgi.ini"), { application: "app.mjs", output: config })).code, 1);
  await serve(t, folder, config);
  t.deepEqual(await ask(join(folder, "app.sock")), { one: "1", args: [] });
});

test("an ecosystem file of PM2's serves", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "server.cjs"), NODE);
  const app = { name: "site", script: "server.cjs", args: "--title 'a b'", instances: 1, exec_mode: "cluster" };
  const env = { env: { ONE: "0", PORT: 3999 }, env_production: { ONE: "1" } };
  writeFileSync(
    join(folder, "ecosystem.config.cjs"),
    `module.exports = { apps: [${JSON.stringify({ ...app, ...env })}] };`,
  );
  const wishes = { env: "production", socket: join(folder, "%n.sock"), output: `${folder}/` };
  t.is((await runImport(join(folder, "ecosystem.config.cjs"), wishes)).code, 1);
  await serve(t, folder, join(folder, "site.ini"));
  t.deepEqual(await ask(join(folder, "site.sock")), { one: "1", args: ["--title", "a b"] });
});

test("what is data in a configuration of gunicorn's serves", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "app.mjs"), WSGI);
  const text = `import os\nROOT = "${folder}"\nbind = "unix:" + ROOT + "/app.sock"\nchdir = ROOT\nworkers = 1\nraw_env = ["ONE=%(1)"]\n`;
  writeFileSync(join(folder, "gunicorn.conf.py"), text);
  const config = join(folder, "site.yaml");
  const ran = await runImport(join(folder, "gunicorn.conf.py"), { application: "app.mjs", output: config });
  t.is(ran.code, 1);
  await serve(t, folder, config);
  t.deepEqual(await ask(join(folder, "app.sock")), { one: "%(1)", args: [] });
});

test("a configuration of Unit's serves, by HTTP as well", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "server.cjs"), NODE);
  const port = await freePort();
  const application = {
    type: "external",
    executable: "/usr/bin/env",
    arguments: ["node", "--require", "unit-http/loader", "server.cjs", "-v"],
    working_directory: folder,
    processes: 1,
    environment: { ONE: "1" },
  };
  const listeners = { [`127.0.0.1:${port}`]: { pass: "applications/site" } };
  const file = fileOf(t, "unit.json", JSON.stringify({ listeners, applications: { site: application } }));
  const wishes = { socket: join(folder, "site.sock"), output: `${folder}/` };
  t.is((await runImport(file, wishes)).code, 0);
  await serve(t, folder, join(folder, "site.ini"), /listening on http:/);
  t.deepEqual(await ask(join(folder, "site.sock")), { one: "1", args: ["-v"] });
  const { body } = await send({ port, path: "/" });
  t.deepEqual(JSON.parse(body.toString()), { one: "1", args: ["-v"] });
});
