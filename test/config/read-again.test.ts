/** When a file is read: at the start and by an upgrade, not by a reload. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Child } from "../helpers/child.ts";
import { projectRoot } from "../helpers/project.ts";
import { runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const APP = `exports.application = (environ, start) => { start("200 OK", []); return process.env.SAID; };`;

test("a reload leaves options as they were, an upgrade reads their files again, and none that is wrong", async (t) => {
  const folder = folderOf(t);
  const [control, socket] = [join(folder, "control.sock"), join(folder, "app.sock")];
  const write = (said: string, more = ""): void => {
    writeFileSync(join(folder, "said"), `${said}\n`);
    const lines = ["application = app.js", `socket = ${socket}`, `control = ${control}`, "allow-root = true"];
    writeFileSync(join(folder, "uisge.ini"), `[uisge]\n${lines.join("\n")}\nenv = SAID=@(said)\n${more}`);
  };
  const says = async (): Promise<string> => (await runUisge(["curl", socket, "/"])).stdout.toString();
  writeFileSync(join(folder, "app.js"), APP);
  write("one");
  await using served = new Child([join(projectRoot, "dist/cli/main.js"), "serve"], { cwd: folder });
  await served.printed("stderr", /listening on/);
  t.is(await says(), "one");

  write("two");
  t.is((await runUisge(["reload", control])).code, 0);
  t.is(await says(), "one");
  try {
    t.is((await runUisge(["upgrade", control])).code, 0);
    t.is(await says(), "two");

    write("three", "proceses = 2\n");
    const refused = await runUisge(["upgrade", control]);
    t.is(refused.code, 1);
    t.regex(refused.stderr, /exit 65/);
    t.is(await says(), "two");
  } finally {
    t.is((await runUisge(["stop", control])).code, 0);
  }
  t.regex(served.stderr, /uisge\.ini:7: there is no option "proceses", did you mean processes\?/);
});
