/** The page about sessions: its example does what it says, and its tables are those of the code. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Child } from "../../helpers/child.ts";
import { codeBlock } from "../../helpers/code-block.ts";
import { projectRoot } from "../../helpers/project.ts";
import { userProject } from "../../helpers/user-project.ts";
import { KEY } from "./sessions.ts";

const page = "docs/middleware/session.md";

test("the page's example counts visits", async (t) => {
  const folder = userProject(t, { "app.js": codeBlock(page, "js", "// app.js") });
  const program = `import { inject } from "uisge/testing";
import application from "./app.js";
const first = await inject(application);
const Cookie = first.get("set-cookie").split(";")[0];
console.log(first.text() + (await inject(application, { headers: { Cookie } })).text());`;
  writeFileSync(join(folder, "ask.js"), program);
  await using child = new Child(["ask.js"], { cwd: folder, env: { SESSION_KEY: KEY } });
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, "visit 1\nvisit 2\n\n");
});

test("the page has every option", (t) => {
  const source = readFileSync(join(projectRoot, "src/middleware/session/options.ts"), "utf8");
  const [, body = ""] = /interface SessionOptions \{(.*?)\n\}/s.exec(source) ?? [];
  const options = [...body.matchAll(/readonly (\w+)\?/g)].map(([, name]) => name).filter((name) => name !== "now");
  const text = readFileSync(join(projectRoot, page), "utf8");
  const table = new Set([...text.matchAll(/^\| `(\w+)` \| /gm)].map(([, name]) => name));
  t.deepEqual(
    options.filter((name) => !table.has(name)),
    [],
  );
  t.true(options.length > 10);
});
