import { join } from "node:path";
import test from "ava";
import { HttpBridge } from "../../../src/gateway/index.ts";
import { Child } from "../../helpers/child.ts";
import { codeBlock } from "../../helpers/code-block.ts";
import { send } from "../../helpers/http-client.ts";
import { projectRoot } from "../../helpers/project.ts";
import { serveExample } from "../../helpers/served-example.ts";
import { userProject } from "../../helpers/user-project.ts";

test("the example shows its failures to who develops, and answers what is no failure", async (t) => {
  const example = await serveExample("errors/app.js");
  t.teardown(() => example[Symbol.asyncDispose]());
  const get = async (path: string, accept: string): Promise<string> => {
    const { status, body } = await send({ port: example.port, path, headers: [["Accept", accept]] });
    return `${status} ${body.toString()}`;
  };
  t.regex(await get("/", "text/html"), /^500 .*caused by<\/i> <b>RangeError:<\/b> <span>Lapsang Souchong wants 95/s);
  t.regex(await get("/slow", "*/*"), /^500 .*RangeError: Gyokuro wants 95 degrees/s);
  t.is(await get("/coffee", "*/*"), "422 422 Unprocessable Content\nthere is no coffee in a teahouse\n");
  t.is(await get("/tea", "*/*"), "404 there is /, /coffee and /slow\n");
  t.is(await example.stop(), 0);
});

test("the application of the documentation answers and tells as it says", async (t) => {
  const folder = userProject(t, { "app.js": codeBlock("docs/middleware/errors.md", "js", "// app.js") });
  const socket = join(folder, "s");
  await using child = new Child([join(projectRoot, "dist/cli/main.js"), "serve", "app.js", "--socket", socket], {
    cwd: folder,
  });
  await child.printed("stderr", /listening on/);
  await using bridge = await HttpBridge.listen({ to: socket });
  const { status, body } = await send({ port: bridge.port, path: "/tea", headers: [["X-Request-ID", "id-1"]] });
  t.is(`${status} ${body.toString()}`, "500 500 Internal Server Error\nIn the log of the server it is id-1\n");
  await child.printed("stderr", /to be looked at: id-1, failed before Error: no tea left/);
  await child.printed("stderr", /error \[id-1\] GET \/tea answered 500: Error: no tea left/);
});
