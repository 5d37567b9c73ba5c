/** What docs/fetch.md shows runs, in a project of somebody who has the package, and undici. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { nodeHandler } from "../../../src/app/index.ts";
import { formatAddress } from "../../../src/connection/index.ts";
import type { DirectHandler, Handler } from "../../../src/handler/index.ts";
import { Child } from "../../helpers/child.ts";
import { codeBlock } from "../../helpers/code-block.ts";
import { projectRoot } from "../../helpers/project.ts";
import { type TempFolder, tempFolder } from "../../helpers/temp-folder.ts";
import { respond, startServer } from "../../helpers/test-server.ts";
import { undicis } from "../../helpers/undicis.ts";
import { wsServer } from "../../helpers/websocket-apps.ts";

const tea: Handler = ({ environ }) => respond(`${environ.HTTP_HOST} ${environ.PATH_INFO}`);

/** One for each undici, and one without: what a test adds is a program. */
const projects = new Map<string | undefined, TempFolder>();

test.after.always("the projects are removed", () => {
  for (const folder of projects.values()) folder[Symbol.dispose]();
});

/** A project with a copy of the package, which then finds its peers there, and with `undici` if one is named. */
function project(undici: string | undefined): string {
  const known = projects.get(undici);
  if (known !== undefined) return known.path;
  const folder = tempFolder();
  projects.set(undici, folder);
  const own = folder.file("node_modules/uisge");
  mkdirSync(own, { recursive: true });
  cpSync(join(projectRoot, "package.json"), join(own, "package.json"));
  // Types and maps are not run.
  const filter = (path: string): boolean => !/\.(?:d\.ts|map)$/.test(path);
  cpSync(join(projectRoot, "dist"), join(own, "dist"), { recursive: true, filter });
  if (undici !== undefined) {
    symlinkSync(join(projectRoot, "node_modules", undici), folder.file("node_modules/undici"));
  }
  writeFileSync(folder.file("package.json"), '{ "type": "module" }');
  return folder.path;
}

let programs = 0;

/** Runs a program against a server of `handler`; answers what it printed. */
async function run(
  t: ExecutionContext,
  program: (socket: string) => string,
  handler: Handler | DirectHandler = tea,
  undici?: string,
): Promise<string> {
  const folder = project(undici);
  const server = await startServer(handler);
  t.teardown(() => server[Symbol.asyncDispose]());
  const name = `program-${++programs}.js`;
  writeFileSync(join(folder, name), program(formatAddress(server.address)));
  await using child = new Child([name], { cwd: folder });
  t.is(await child.exit(), 0, child.stderr);
  return child.stdout;
}

const block =
  (word: string) =>
  (socket: string): string =>
    codeBlock("docs/fetch.md", "js", word).replace("/tmp/app.sock", socket);

test("the page's fetch answers", async (t) => {
  t.is(await run(t, block("// ask.js")), "200 app.example /tea\n");
});

test("the page's error is what it says", async (t) => {
  t.is(await run(t, block("// errors.js")), "fetch failed UWSGI_CONNECT_FAILED\n");
});

for (const { name, major } of undicis) {
  const undici = `undici${major}`;

  test(`${name}: the page's request answers`, async (t) => {
    t.is(await run(t, block("// undici.js"), tea, undici), "200 app.example /tea\n");
  });

  test(`${name}: the page's WebSocket hears its echo`, async (t) => {
    t.is(await run(t, block("// websocket.js"), nodeHandler(wsServer()), undici), "tea\n");
  });

  if (major > 6) {
    test(`${name}: the page's global dispatcher is fetch's`, async (t) => {
      t.is(await run(t, block("// global.js"), tea, undici), "app.internal /tea\n");
    });
  }

  test(`${name}: its methods are the dispatcher's where it is installed`, async (t) => {
    const program = (socket: string): string => `
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { UwsgiDispatcher } from "uisge/client/dispatcher";
const dispatcher = new UwsgiDispatcher(${JSON.stringify(socket)});
const asked = { origin: "http://app.example", path: "/tea", method: "GET" };
console.log(await (await dispatcher.request(asked)).body.text());
const through = new PassThrough();
await dispatcher.stream(asked, () => through);
console.log(String(through.read()));
const piped = dispatcher.pipeline(asked, ({ body }) => body).end();
console.log(String((await piped.toArray()).join("")));
for (const method of ["upgrade", "connect"]) await dispatcher[method](asked).catch(({ code }) => console.log(code));
`;
    const answer = "app.example /tea\n";
    t.is(await run(t, program, tea, undici), `${answer.repeat(3)}UND_ERR_SOCKET\nUWSGI_INVALID_ARGUMENT\n`);
  });
}

test("without undici its methods say what is missing, UWSGI_PACKAGE_MISSING", async (t) => {
  const program = (socket: string): string => `
import { UwsgiDispatcher } from "uisge/client/dispatcher";
const dispatcher = new UwsgiDispatcher(${JSON.stringify(socket)});
for (const method of ["request", "stream", "pipeline", "upgrade", "connect"]) {
  try {
    dispatcher[method]({ origin: "http://app.example", path: "/", method: "GET" });
  } catch ({ code, message }) {
    console.log(method, code, message.includes("npm install undici"));
  }
}
`;
  t.is(
    await run(t, program),
    ["request", "stream", "pipeline", "upgrade", "connect"]
      .map((method) => `${method} UWSGI_PACKAGE_MISSING true\n`)
      .join(""),
  );
});

if ("WebSocket" in globalThis) {
  test("the WebSocket of this Node hears its echo", async (t) => {
    const own = (socket: string): string =>
      block("// websocket.js")(socket).replace('import { WebSocket } from "undici";', "");
    t.is(await run(t, own, nodeHandler(wsServer())), "tea\n");
  });
}
