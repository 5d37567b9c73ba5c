/** What docs/bridge.md shows is run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { serve, type WsgiApplication } from "../../../src/index.ts";
import { readBridgeOptions } from "../../../src/gateway/http/bridge-options.ts";
import { Child } from "../../helpers/child.ts";
import { codeBlock } from "../../helpers/code-block.ts";
import { send } from "../../helpers/http-client.ts";
import { projectRoot } from "../../helpers/project.ts";
import { userProject } from "../../helpers/user-project.ts";

const PAGE = "docs/bridge.md";

const hello: WsgiApplication = (environ, startResponse) => {
  startResponse("200 OK", []);
  return `${environ.REQUEST_METHOD} ${environ.PATH_INFO}`;
};

test("the page's program bridges, and closes when it is told to", async (t) => {
  const folder = userProject(t, {});
  const socket = join(folder, "app.sock");
  const server = await serve(hello, { socket, log: false });
  t.teardown(() => server.close());
  const program = codeBlock(PAGE, "js", "// bridge.js").replace("/tmp/app.sock", socket).replace(":8080", ":0");
  await using child = new Child(["--input-type=module", "--eval", program], { cwd: folder });
  const [, port] = await child.printed("stdout", /^http:\/\/127\.0\.0\.1:(\d+)$/m);
  t.is((await send({ port: Number(port), path: "/x" })).body.toString(), "GET /x");
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0, child.stderr);
});

for (const word of ["bridge --http", "serve ./app.js --http"]) {
  test(`the page's command serves: ${word}`, async (t) => {
    const folder = userProject(t, {
      "app.js": "export function application(e, start) { start('200 OK', []); return `GET ${e.PATH_INFO}`; }\n",
    });
    const socket = join(folder, "app.sock");
    const server = await serve(hello, { socket, log: false });
    t.teardown(() => server.close());
    const command = codeBlock(PAGE, "sh", word).trim().replace("npx uisge ", "");
    const args = command.replace("/tmp/app.sock", socket).replace(":8080", ":0").split(" ");
    await using child = new Child([join(folder, "node_modules/uisge/dist/cli/main.js"), ...args], { cwd: folder });
    const [, port] = await child.printed("stderr", /listening on http:\/\/127\.0\.0\.1:(\d+)/);
    t.is((await send({ port: Number(port), path: "/y" })).body.toString(), "GET /y");
    child.process.kill("SIGTERM");
    t.is(await child.exit(), 0, child.stderr);
    t.regex(child.stdout, /"GET \/y HTTP\/1\.1" 200 6 /);
  });
}

test("the page's defaults are the defaults", (t) => {
  const settings = readBridgeOptions({ to: "/s" });
  const text = readFileSync(join(projectRoot, PAGE), "utf8");
  const rows = [...text.matchAll(/^\| `(\w+)` \| ([0-9 ]+|1 GiB) \| /gm)];
  t.is(rows.length, 11);
  for (const [, name = "", value = ""] of rows) {
    const said = value === "1 GiB" ? 1024 ** 3 : Number(value.replaceAll(" ", ""));
    t.is(settings[name as "graceMs"], said, name);
  }
});
