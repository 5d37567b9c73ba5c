/** The page of development in a browser, of an application that was written in TypeScript. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { HttpBridge } from "../../../src/gateway/index.ts";
import { domOf } from "../../helpers/browser.ts";
import { Child } from "../../helpers/child.ts";
import { send } from "../../helpers/http-client.ts";
import { needs } from "../../helpers/needs.ts";
import { projectRoot } from "../../helpers/project.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

const SOURCE = "test/middleware/errors/served-app.ts";

/** Serves the application; answers the port of 127.0.0.1. */
async function served(t: ExecutionContext, nodeArguments: readonly string[]): Promise<number> {
  const socket = join(folderOf(t), "s");
  const program = join(projectRoot, "dist/cli/main.js");
  const app = join(projectRoot, "build", SOURCE.replace(/\.ts$/, ".js"));
  const child = new Child([...nodeArguments, program, "serve", app, "--socket", socket], { cwd: projectRoot });
  t.teardown(() => child[Symbol.asyncDispose]());
  await child.printed("stderr", /listening on /);
  const bridge = await HttpBridge.listen({ to: socket });
  t.teardown(() => bridge.close());
  return bridge.port;
}

/** `test/.../served-app.ts:12:9`, of the line that fails. */
function placeThatFails(): string {
  const lines = readFileSync(join(projectRoot, SOURCE), "utf8").split("\n");
  const line = lines.findIndex((text) => text.includes("the line that fails"));
  return `${SOURCE}:${line + 1}:${(lines[line] ?? "").indexOf("new ") + 1}`;
}

for (const [how, nodeArguments] of [
  ["", []],
  [", once, where Node has done so", ["--enable-source-maps"]],
] as const) {
  test(`frames of compiled code are mapped to their sources${how}`, async (t) => {
    const port = await served(t, nodeArguments);
    const { body } = await send({ port });
    const [, first] = /^ {4}at (.*)$/m.exec(body.toString()) ?? [];
    t.is(first, `brew (${placeThatFails()})`);
    t.regex(body.toString(), /^> +[0-9]+ \| .*the line that fails/m);
  });
}

needs("chromium")("a browser shows the source, and runs nothing that stands in a message or a source", async (t) => {
  const port = await served(t, []);
  const dom = await domOf(t, `http://127.0.0.1:${port}/tea?token=planted-token`);
  t.true(dom.includes(`brew <span class="where">${placeThatFails()}</span>`));
  t.regex(dom, /<span class="here"><i>[0-9]+<\/i>.*<mark>new<\/mark> RangeError\(.*the line that fails &lt;script&gt;/);
  t.regex(dom, /<title>500 RangeError<\/title>/);
  t.notRegex(dom, /<script|<img|planted-token/);
});
