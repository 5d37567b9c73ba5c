/** The page and the example do what they say. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { readSettings } from "../../../src/middleware/compress/options.ts";
import { Child } from "../../helpers/child.ts";
import { codeBlock } from "../../helpers/code-block.ts";
import { decode, decoder } from "../../helpers/codings.ts";
import { open, send } from "../../helpers/http-client.ts";
import { projectRoot } from "../../helpers/project.ts";
import { serveExample } from "../../helpers/served-example.ts";
import { userProject } from "../../helpers/user-project.ts";

const page = "docs/middleware/compress.md";
const gzip = [["Accept-Encoding", "gzip"]] as const;

test("the page's example answers compressed", async (t) => {
  const folder = userProject(t, { "app.js": codeBlock(page, "js", "// app.js") });
  const program = `import { inject } from "uisge/testing";
import application from "./app.js";
const answer = await inject(application, { headers: { "Accept-Encoding": "gzip" } });
console.log(answer.status, answer.get("Content-Encoding"), answer.body.length < 1000);`;
  writeFileSync(join(folder, "ask.js"), program);
  await using child = new Child(["ask.js"], { cwd: folder });
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, "200 gzip true\n");
});

test("the page has each option, with its default", (t) => {
  const text = readFileSync(join(projectRoot, page), "utf8");
  for (const [name, value] of Object.entries(readSettings({}))) {
    const row = text.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
    t.not(row, undefined, name);
    const isPlain = typeof value === "string" || typeof value === "number";
    const shown =
      Array.isArray(value) && value.length > 0 ? JSON.stringify(value).replaceAll(",", ", ") : JSON.stringify(value);
    if (isPlain || (Array.isArray(value) && value.length > 0)) t.true(row?.split(" | ")[1]?.includes(shown), name);
  }
});

test.serial("examples/compress: a page, a download and events", async (t) => {
  await using example = await serveExample("compress/app.js");
  const whole = await send({ port: example.port, headers: gzip });
  t.deepEqual(whole.headers.get("content-encoding"), ["gzip"]);
  t.true(whole.body.length < 2_000);
  t.regex(decode("gzip", whole.body).toString(), /Tea number 199/);
  const table = await send({ port: example.port, path: "/table.csv", headers: gzip });
  t.true(decode("gzip", table.body).toString().endsWith("\n999999,999998000001\n"));
  const message = await open({ port: example.port, path: "/clock", headers: gzip });
  const plain = message.pipe(decoder("gzip"));
  for await (const piece of plain) {
    t.regex(String(piece), /^data: \d{4}-/);
    break;
  }
  message.destroy();
  t.is(await example.stop(), 0);
});
