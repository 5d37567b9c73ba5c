/** What docs/processes.md shows, run as it stands. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Child } from "./helpers/child.ts";
import { codeBlock } from "./helpers/code-block.ts";
import { controlled, tellRaw, workerStatus } from "./helpers/fake-manager.ts";
import { needsOtherUser } from "./helpers/needs.ts";
import { projectRoot } from "./helpers/project.ts";
import { runUisge } from "./helpers/run-program.ts";
import { folderOf } from "./helpers/temp-folder.ts";

const page = "docs/processes.md";
const main = join(projectRoot, "dist/cli/main.js");
const text = readFileSync(join(projectRoot, page), "utf8");

needsOtherUser()("the page's command serves, and the page's commands command it", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "app.js"), "exports.application = (environ, start) => (start('200 OK', []), 'hello');");
  const control = join(folder, "control.sock");
  const [, line = ""] = /^uisge (serve .*)$/m.exec(codeBlock(page, "sh", "uisge serve")) ?? [];
  const args = line.replace("/run/app.sock", join(folder, "app.sock")).replace("www-data", "nobody").split(" ");
  // Workers are another user, who must be able to read the application.
  await using child = new Child(["-e", "require('fs').chmodSync(process.argv[1], 0o755)", folder]);
  await child.exit();
  await using served = new Child([main, ...args, "--control", control], { cwd: folder });
  await served.printed("stderr", /listening on/);
  while (!existsSync(control)) await new Promise(setImmediate);
  for (const one of codeBlock(page, "sh", "uisge requests").trim().split("\n")) {
    const [, name = "", ...rest] = one.split(" ");
    const { code, stderr } = await runUisge([name, control, ...rest]);
    t.is(code, 0, `${one}: ${stderr}`);
  }
  t.is(await served.exit(), 0);
});

test("the page's program prints how a manager is", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "control.mjs"), codeBlock(page, "js", "control.js"));
  const { path } = await controlled(t);
  await using child = new Child([join(folder, "control.mjs"), path]);
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, "shop running 2\n");
});

for (const [, line = ""] of text.matchAll(/^\| `(\{"command".*?\})`/gm)) {
  test(`the page's line ${line} is one that a manager obeys`, async (t) => {
    const { manager, path } = await controlled(t);
    manager.current = { ...manager.current, workers: [workerStatus()] };
    manager.work.resolve();
    t.regex(await tellRaw(path, `${line}\n`), /\{"done":true[^\n]*\}\n$/);
  });
}
