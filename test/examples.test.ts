import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { Child } from "./helpers/child.ts";
import { send } from "./helpers/http-client.ts";
import { needs } from "./helpers/needs.ts";
import { projectRoot } from "./helpers/project.ts";

/** What `npm start` runs once the project is built. */
const demo = join(projectRoot, "examples/demo/start.js");

/** Starts the demo, asks every route, ends it with Ctrl-C's signal and looks at what is left. */
async function tryDemo(t: ExecutionContext, args: readonly string[], front: RegExp): Promise<void> {
  const child = new Child([demo, ...args], { env: { PORT: "0" } });
  t.teardown(() => child[Symbol.asyncDispose]());
  await child.printed("stdout", /Ctrl-C/);
  const [, socket = ""] = await child.printed("stdout", /uwsgi socket (\S+)/);
  const port = Number((await child.printed("stdout", /Open {2}http:\/\/127\.0\.0\.1:(\d+)\//))[1]);
  t.regex(child.stdout, front);

  t.regex((await send({ port })).body.toString(), /uisge answers/);
  const environ = await send({ port, path: "/environ?q=1", headers: [["Cookie", "secret=1"]] });
  t.regex(environ.body.toString(), /^QUERY_STRING=q=1$/m);
  t.regex(environ.body.toString(), /^HTTP_COOKIE=\(hidden\)$/m);
  t.is((await send({ port, path: "/echo", method: "POST", body: Buffer.from("hello") })).body.toString(), "hello");
  t.is((await send({ port, path: "/stream" })).body.toString().split("\n").length, 11);
  const failed = await send({ port, path: "/fail" });
  t.is(failed.status, 500);
  t.is(failed.body.toString(), "500 Internal Server Error\n");
  t.is((await send({ port, path: "/nothing" })).status, 404);
  await child.printed("stderr", /this route always fails/);

  child.process.kill("SIGINT");
  t.is(await child.exit(), 0);
  t.false(existsSync(dirname(socket)));
  await t.throwsAsync(send({ port }), { code: "ECONNREFUSED" });
}

test("npm start serves the demo through the bridge and leaves nothing behind", (t) =>
  tryDemo(t, ["--bridge"], /our own HTTP bridge/));

needs("nginx")("npm start serves the demo through nginx and leaves nothing behind", (t) =>
  tryDemo(t, [], /nginx with nginx-example\.conf/),
);
