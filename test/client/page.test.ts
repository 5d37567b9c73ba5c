/** The examples of docs/client.md, as they stand there. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { Child } from "../helpers/child.ts";
import { codeBlock } from "../helpers/code-block.ts";
import { needsUwsgiPython } from "../helpers/needs.ts";
import { respond, startServer } from "../helpers/test-server.ts";
import type { Handler } from "../../src/handler/index.ts";
import { pingPlugin } from "../../src/plugins/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { exchange } from "../../src/client/index.ts";
import { userProject } from "../helpers/user-project.ts";
import { startUwsgiApplication } from "../helpers/uwsgi-application.ts";

/** What an example prints when it asks that socket. */
async function run(t: ExecutionContext, word: string, socket: string): Promise<string> {
  const text = codeBlock("docs/client.md", "js", word).replace("/tmp/app.sock", socket);
  const folder = userProject(t, {});
  writeFileSync(join(folder, "example.js"), text);
  await using child = new Child(["example.js"], { cwd: folder });
  t.is(await child.exit(), 0, child.stderr);
  return child.stdout;
}

const says: Handler = async ({ environ, body }) => {
  let text = "";
  for await (const piece of body) text += Buffer.from(piece).toString();
  const { REQUEST_METHOD, HTTP_HOST, PATH_INFO } = environ as Record<string, string>;
  return respond(`${REQUEST_METHOD} ${HTTP_HOST}${PATH_INFO} ${text}`, { headers: [["Content-Type", "text/plain"]] });
};

test("the page's request, ping and client do what the page says", async (t) => {
  await using server = await startServer(says, { plugins: [pingPlugin()] });
  const socket = formatAddress(server.address);
  t.is(await run(t, "// request.js", socket), "200 text/plain\nPOST example.com/search words=uwsgi+node\n");
  t.is(await run(t, "// ping.js", socket), "well true\n");
  t.is(await run(t, "// client.js", socket), "/a 200 16\n/b 200 16\n");
});

needsUwsgiPython()("the page's question to the cache is answered", async (t) => {
  await using server = await startUwsgiApplication({ plugins: ["cache"], args: ["--cache2", "name=c,items=20"] });
  const vars = { cmd: "set", key: "greeting", size: "5" };
  async function* value(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("hello");
  }
  await (await exchange(server.socket, { modifier1: 111, modifier2: 17, vars }, { body: value() })).readPacket();
  t.is(await run(t, "// cache.js", server.socket), "hello\n");
});
