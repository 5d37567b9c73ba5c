/** What commands show of configurations, and where: nothing that a terminal obeys, and no secrets. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Child } from "../helpers/child.ts";
import { projectRoot } from "../helpers/project.ts";
import { runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

test("config check prints nothing that a terminal obeys", async (t) => {
  const file = join(folderOf(t), "a.yaml");
  writeFileSync(file, 'processes: "\\e[31m\\u009b2J\\u202e"\n');
  const { stderr, code } = await runUisge(["config", "check", file]);
  t.is(code, 65);
  t.is(stderr, `${file}:1: processes ?[31m?2J?: a whole number from 1 to 1024 is needed\n`);
  const { stdout } = await runUisge(["config", "check", "--json", file]);
  t.notRegex(stdout.toString(), /[\u009b\u202e]/);
});

test("config show hides passwords in URLs, and what is called a secret within gateways", async (t) => {
  const file = join(folderOf(t), "a.yaml");
  const front = "{type: bridge, http: [./a.sock], var: {TOKEN: hunter}}";
  writeFileSync(file, `env: {URL: "postgres://u:hunter@h/db", AWS_KEY_ID: hunter}\ngateway: {front: ${front}}\n`);
  const { stdout } = await runUisge(["config", "show", file]);
  t.notRegex(stdout.toString(), /hunter/);
  t.regex(stdout.toString(), /postgres:\/\/u:\.\.\.@h\/db/);
});

test("completion names the shells that there are", async (t) => {
  const { stderr, code } = await runUisge(["completion", "constructor"]);
  t.is(code, 64);
  t.regex(stderr, /SHELL constructor: there are bash, zsh, fish/);
});

test("command lines of gateways show no options; an empty http takes none back", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "app.mjs"), "export default { fetch: () => new Response('ok') };\n");
  const front = "{type: bridge, http: [./front.sock], var: {SITE: hunter}}";
  const said = `application: ./app.mjs\nsocket: ./a.sock\ncontrol: "off"\nallow-root: true\nhttp: []\ngateway: {front: ${front}}\n`;
  writeFileSync(join(folder, "a.yaml"), said);
  const child = new Child([join(projectRoot, "dist/cli/main.js"), "serve", "a.yaml"], { cwd: folder });
  t.teardown(async () => {
    child.process.kill("SIGTERM");
    await child.exit();
  });
  await child.printed("stderr", /front\.sock/);
  const lines = readdirSync("/proc")
    .filter((pid) => /^[0-9]+$/.test(pid))
    .map((pid) => commandLine(pid));
  t.false(lines.some((line) => line.includes("SITE=hunter")));
  t.true(lines.some((line) => line.includes("leave-with-parent") && line.includes("\0bridge\0")));
});

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // It has ended.
    return "";
  }
}
