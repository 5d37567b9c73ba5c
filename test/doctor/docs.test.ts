import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { examine, readFile, reportText, rules, socketRules } from "../../src/doctor/index.ts";
import { codeBlock } from "../helpers/code-block.ts";
import { projectRoot } from "../helpers/project.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const page = readFileSync(join(projectRoot, "docs/doctor.md"), "utf8");
const all = [...Object.values(socketRules), ...rules];

test("docs/doctor.md has every finding, as the rules have it", (t) => {
  const rows = all.map(({ id, severity, why }) => `| \`${id}\` | ${severity} | ${why} |\n`).join("");
  t.is(page.slice(page.indexOf("| --- | --- | --- |\n") + "| --- | --- | --- |\n".length), rows);
});

test("no id is there twice", (t) => {
  t.is(new Set(all.map(({ id }) => id)).size, all.length);
});

test("a reason ends with a full stop and has no line end", (t) => {
  t.deepEqual(
    all.filter(({ why }) => !/^[^\n|]*\.$/.test(why)).map(({ id }) => id),
    [],
  );
});

test("the example of docs/doctor.md is what is printed", (t) => {
  const path = join(folderOf(t), "site.conf");
  writeFileSync(
    path,
    codeBlock("docs/doctor.md", "nginx", "REMOTE_USER").replace("include uwsgi_params", "include /none/uwsgi_params"),
  );
  const printed = reportText(examine(readFile(path))).replaceAll(path, "site.conf");
  t.true(printed.startsWith(codeBlock("docs/doctor.md", "text", "REMOTE_USER")));
});

test("the program of docs/doctor.md prints findings and the files put right", (t) => {
  // Inside of the package, so that it finds the package by its name.
  const folder = folderOf(t, join(projectRoot, "build"));
  const conf = join(folder, "site.conf");
  writeFileSync(conf, "location / { include /none/uwsgi_params; uwsgi_modifier1 5; uwsgi_pass unix:/run/app.sock; }");
  const program = join(folder, "program.mjs");
  writeFileSync(program, codeBlock("docs/doctor.md", "js", "applyFixes").replace("/etc/nginx/nginx.conf", conf));
  const { stdout, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8" });
  t.is(stderr, "");
  t.true(stdout.startsWith("error modifier packets are sent with modifier1 5"));
  t.regex(stdout, /HTTP_PROXY "" if_not_empty;/);
});
