/** The page about authentication: its example does what it says, and its tables are those of the code. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Child } from "../../helpers/child.ts";
import { codeBlock } from "../../helpers/code-block.ts";
import { needs } from "../../helpers/needs.ts";
import { projectRoot } from "../../helpers/project.ts";
import { userProject } from "../../helpers/user-project.ts";

const page = "docs/middleware/auth.md";

needs("htpasswd")("the page's example greets who has a password, and nobody else", async (t) => {
  const folder = userProject(t, { "app.js": codeBlock(page, "js", "// app.js") });
  execFileSync("htpasswd", ["-cbB", join(folder, "users.htpasswd"), "alice", "tea"], { stdio: "ignore" });
  const program = `import { inject } from "uisge/testing";
import application from "./app.js";
const Authorization = "Basic " + btoa("alice:tea");
console.log((await inject(application)).status);
console.log((await inject(application, { headers: { Authorization } })).text());`;
  writeFileSync(join(folder, "ask.js"), program);
  await using child = new Child(["ask.js"], { cwd: folder });
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, "401\nHello, alice\n\n");
});

for (const [file, name] of [
  ["auth", "AuthOptions"],
  ["passwords", "PasswordOptions"],
  ["basic", "BasicOptions"],
  ["form", "FormOptions"],
  ["bearer", "BearerOptions"],
  ["front-end", "FrontEndOptions"],
  ["front-end", "CertificateOptions"],
  ["throttle", "ThrottleOptions"],
  ["csrf", "CsrfOptions"],
] as const) {
  test(`the page has every option of ${name}`, (t) => {
    const source = readFileSync(join(projectRoot, `src/middleware/auth/${file}.ts`), "utf8");
    const [, body = ""] = new RegExp(`interface ${name} .*?\\{(.*?)\\n\\}`, "s").exec(source) ?? [];
    const options = [...body.matchAll(/^ {2}readonly (\w+)\?/gm)].map(([, option]) => option ?? "");
    const text = readFileSync(join(projectRoot, page), "utf8");
    const hidden = new Set(["now", "clock"]);
    const missing = options.filter((option) => !hidden.has(option) && !new RegExp(`[\`{ ]${option}\\b`).test(text));
    t.deepEqual(missing, []);
    t.true(options.length > 1);
  });
}
