/** What others write, and what our own pages show, passes. */
import { cpSync, existsSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { examine, type Finding, readFile, readText } from "../../src/doctor/index.ts";
import { codeBlock } from "../helpers/code-block.ts";
import { needs } from "../helpers/needs.ts";
import { exampleConf } from "../helpers/nginx.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { idsOf } from "./prepared.ts";

function seriousOf(findings: readonly Finding[]): readonly string[] {
  return idsOf(findings.filter(({ severity }) => severity !== "hint"));
}

test("nothing is found in nginx-example.conf", (t) => {
  t.deepEqual(idsOf(examine(readFile(exampleConf()))), []);
});

test("nothing but hints is found in the six lines of the README", (t) => {
  const findings = examine(readText(codeBlock("README.md", "nginx", "uwsgi_pass"), "README.md", folderOf(t)));
  t.deepEqual(seriousOf(findings), []);
  t.true(idsOf(findings).includes("httpoxy"));
});

test("an include of uwsgi_params that is not there counts as nginx's own file", (t) => {
  const text = "location / { include /none/uwsgi_params; uwsgi_pass unix:/run/app.sock; }";
  t.deepEqual(seriousOf(examine(readText(text, "x", folderOf(t)))), []);
});

test("where an include cannot be read nothing is said to be missing", (t) => {
  const text = "location / { include /none/own_params; uwsgi_pass unix:/run/app.sock; }";
  t.deepEqual(idsOf(examine(readText(text, "x", folderOf(t)))), []);
});

const stockTest = needs("nginx");

stockTest("nothing but hints is found in the distribution's configuration with two lines for uwsgi", (t) => {
  if (!existsSync("/etc/nginx/uwsgi_params")) return t.pass("this nginx keeps its files elsewhere");
  const folder = folderOf(t);
  cpSync("/etc/nginx", folder, { recursive: true, dereference: true });
  const main = join(folder, "nginx.conf");
  writeFileSync(main, readFileSync(main, "utf8").replaceAll("/etc/nginx/", `${realpathSync(folder)}/`));
  for (const name of existsSync(join(folder, "sites-enabled")) ? readdirSync(join(folder, "sites-enabled")) : []) {
    rmSync(join(folder, "sites-enabled", name));
  }
  writeFileSync(
    join(folder, "conf.d", "app.conf"),
    "server { listen 80; location / { include uwsgi_params; uwsgi_pass unix:/run/app.sock; } }",
  );
  const findings = examine(readFile(main));
  t.deepEqual(seriousOf(findings), []);
  t.true(idsOf(findings).includes("httpoxy"));
  return undefined;
});
