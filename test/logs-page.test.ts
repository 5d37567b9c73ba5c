/** What docs/logs.md shows, run as it stands. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test, { type ExecutionContext } from "ava";
import type { AppRequest, AppResponse, Handler } from "../src/handler/index.ts";
import { Child } from "./helpers/child.ts";
import { codeBlock } from "./helpers/code-block.ts";
import { ask, get } from "./helpers/raw-client.ts";
import { folderOf } from "./helpers/temp-folder.ts";
import { userProject } from "./helpers/user-project.ts";

const block = (word: string): string => codeBlock("docs/logs.md", "js", word);

/** An application that says what the templates name. */
const SHOP = `export default (environ, start) => {
  environ["shop.customer"] = "ann lee";
  start("200 OK", [["Content-Type", "text/plain"]]);
  return environ["uisge.request"].id;
};
`;

const asked = get({
  REQUEST_URI: "/tea?a=1",
  HTTP_X_REQUEST_ID: "r-1",
  REMOTE_ADDR: "192.0.2.1",
  HTTP_USER_AGENT: "a b",
});

/** Runs a program of the page, and asks it once. */
async function served(
  t: ExecutionContext,
  program: string,
): Promise<{ readonly child: Child; readonly folder: string }> {
  const folder = userProject(t, { "shop.js": SHOP }, ["pino"]);
  const socket = join(folder, "app.sock");
  writeFileSync(join(folder, "main.js"), block(program).replace("/run/app.sock", socket));
  const child = new Child(["main.js"], { cwd: folder });
  t.teardown(() => child[Symbol.asyncDispose]());
  while (!existsSync(socket) && child.process.exitCode === null) await new Promise(setImmediate);
  t.is((await ask({ kind: "unix", path: socket }, asked)).body, "r-1", child.stderr);
  return { child, folder };
}

test("the page's first program logs requests to a file, and what the application says to standard error", async (t) => {
  const { child, folder } = await served(t, "// app.js");
  const [said] = await child.printed("stderr", /^.*\n/m);
  t.like(JSON.parse(said), { event: "app:message", request_id: "r-1", message: "GET /tea: a word of the application" });
  const log = join(folder, "access.log");
  while (!existsSync(log) || readFileSync(log, "utf8") === "") await new Promise(setImmediate);
  t.like(JSON.parse(readFileSync(log, "utf8")), {
    event: "access",
    request_id: "r-1",
    target: "/tea?a=1",
    status: 200,
  });
});

test("the page's template makes the line that it says", async (t) => {
  const { child } = await served(t, "// template.js");
  const [line] = await child.printed("stdout", /^.*\n/m);
  t.regex(line, /^192\.0\.2\.1 - - \[[^\]]+\] "GET \/tea\?a=1 \S+" 200 3 "-" "a b" \d+ r-1 "ann lee"\n$/);
});

test("the page's logger of pino gets requests", async (t) => {
  const { child } = await served(t, "// with-pino.js");
  const [line] = await child.printed("stdout", /^.*\n/m);
  t.like(JSON.parse(line), { level: 30, name: "shop", event: "access", request_id: "r-1", msg: "GET /tea 200" });
});

test("the page's middleware answers with the id of the request", async (t) => {
  const path = join(folderOf(t), "with-id.mjs");
  writeFileSync(path, block("// with-id.js"));
  const { withId } = (await import(pathToFileURL(path).href)) as { readonly withId: (next: Handler) => Handler };
  const response: AppResponse = { status: 200, headers: [["A", "b"]], body: null };
  const answer = await withId(() => response)({ id: "r-1" } as AppRequest);
  t.deepEqual(answer.headers, [
    ["A", "b"],
    ["X-Request-ID", "r-1"],
  ]);
});
