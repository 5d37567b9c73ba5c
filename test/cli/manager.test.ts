/** `uisge serve` with several processes, and the commands for it, as an operator has them. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test, { type ExecutionContext } from "ava";
import { sendRequest } from "../../src/client/index.ts";
import { parseAddress } from "../../src/connection/index.ts";
import type { ManagerStatus } from "../../src/manager/status.ts";
import { Child } from "../helpers/child.ts";
import { needsOtherUser, OTHER_UID } from "../helpers/needs.ts";
import { freePort } from "../helpers/front-end-process.ts";
import { send } from "../helpers/http-client.ts";
import { projectRoot } from "../helpers/project.ts";
import { runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const main = join(projectRoot, "dist/cli/main.js");

const APP = `export function application(environ, startResponse) {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return JSON.stringify({ pid: process.pid, one: process.env.ONE, args: process.argv.slice(2) });
}
`;

const signalsAtLoad = join(projectRoot, "build/test/programs/signals-at-load.js");

/** Serves APP in a folder of its own; `control` is its control socket. `early`: signals before any of its code is loaded. */
function start(t: ExecutionContext, options: readonly string[], source = APP, early = "") {
  const folder = folderOf(t);
  const [app, socket, control] = ["app.mjs", "app.sock", "control.sock"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(app, source);
  const own = ["--allow-root", "--control", control, ...options];
  const preload = early === "" ? [] : ["--import", pathToFileURL(signalsAtLoad).href];
  const child = new Child([...preload, main, "serve", app, "--socket", socket, ...own], {
    cwd: folder,
    env: { UISGE_AT: "/cli/run-command.js", UISGE_SIGNALS: early },
  });
  t.teardown(() => child[Symbol.asyncDispose]());
  return { folder, app, socket, control, child };
}

async function status(control: string): Promise<ManagerStatus> {
  const { code, stdout, stderr } = await runUisge(["status", control, "--json"]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout.toString()) as ManagerStatus;
}

async function get(socket: string): Promise<{ pid: number; one?: string; args: string[] }> {
  const vars = { REQUEST_METHOD: "GET", PATH_INFO: "/" };
  const response = await sendRequest(parseAddress(socket), { vars });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString()) as { pid: number; args: string[] };
}

/** Has printed that it serves, and the control socket is there. */
async function ready({ child, control }: { child: Child; control: string }): Promise<void> {
  await child.printed("stderr", /listening on/);
  while (!existsSync(control)) await new Promise(setImmediate);
}

test.serial("-p serves by workers, which have their environment and arguments; stop ends all", async (t) => {
  const served = start(t, ["-p", "2", "--env", "ONE=1", "--name", "shop", "--pidfile", "shop.pid", "--", "a", "-b"]);
  await ready(served);
  const answer = await get(served.socket);
  t.like(answer, { one: "1", args: ["a", "-b"] });
  t.not(answer.pid, served.child.process.pid);
  const told = await status(served.control);
  t.like(told, { name: "shop", pid: served.child.process.pid, state: "running", generation: 1, processes: 2 });
  t.true(told.workers.some(({ pid }) => pid === answer.pid));
  const pidFile = join(served.folder, "shop.pid");
  t.is(Number(readFileSync(pidFile, "utf8")), told.pid);
  t.is((await runUisge(["stop", served.control])).code, 0);
  t.is(await served.child.exit(), 0);
  t.deepEqual([served.socket, served.control, pidFile].filter(existsSync), []);
});

test.serial("signals to a master that loads itself are obeyed later, open no debugger and do not end it", async (t) => {
  const served = start(t, ["-p", "1"], APP, "SIGUSR1 SIGHUP SIGTTIN SIGWINCH");
  await ready(served);
  t.like(await status(served.control), { generation: 2, processes: 2 });
  t.regex(served.child.stderr, /the logs are opened anew/);
  t.notRegex(served.child.stderr, /Debugger/);
  served.child.process.kill("SIGTERM");
  t.is(await served.child.exit(), 0);
});

test.serial("SIGTERM to a master that loads itself ends it well", async (t) => {
  const served = start(t, ["-p", "1"], APP, "SIGTERM");
  t.is(await served.child.exit(), 0);
  t.false(existsSync(served.socket));
});

test.serial("one option of a manager makes a master with one worker", async (t) => {
  const served = start(t, ["--max-requests", "1000"]);
  await ready(served);
  t.is((await status(served.control)).processes, 1);
  served.child.process.kill("SIGTERM");
  t.is(await served.child.exit(), 0);
});

test.serial(
  "reload brings the new version, and one that fails leaves the old one, with exit code 1 and why",
  async (t) => {
    const served = start(t, ["-p", "1"]);
    await ready(served);
    const before = await get(served.socket);
    writeFileSync(served.app, APP.replace("process.env.ONE", '"two"'));
    t.is((await runUisge(["reload", served.control])).code, 0);
    const after = await get(served.socket);
    t.is(after.one, "two");
    t.not(after.pid, before.pid);
    writeFileSync(served.app, 'throw new Error("no database");');
    const failed = await runUisge(["reload", served.control]);
    t.is(failed.code, 1);
    t.regex(failed.stderr, /no database/);
    t.is((await get(served.socket)).pid, after.pid);
    t.regex((await status(served.control)).lastFailure ?? "", /no database/);
  },
);

test.serial("scale and requests answer for workers that run", async (t) => {
  const served = start(t, ["-p", "1"]);
  await ready(served);
  const { stdout } = await runUisge(["scale", served.control, "+1"]);
  t.is(stdout.toString(), "2 workers\n");
  t.is((await status(served.control)).processes, 2);
  t.is((await runUisge(["requests", served.control])).stdout.toString(), "no request runs\n");
});

test.serial(
  "an application that cannot be loaded is exit code 70 with its error, one that is not there 66",
  async (t) => {
    const broken = start(t, ["-p", "2"], 'throw new Error("no database");');
    t.is(await broken.child.exit(), 70);
    t.regex(broken.child.stderr, /no database/);
    t.false(existsSync(broken.socket));
    const missing = start(t, ["-p", "2"], "export const site = 1;");
    t.is(await missing.child.exit(), 66);
  },
);

test.serial("a number that cannot be right is exit code 64", async (t) => {
  const { child } = start(t, ["-p", "2", "--cheaper", "3"]);
  t.is(await child.exit(), 64);
  t.regex(child.stderr, /cheaper/);
});

test.serial("--harakiri that is too short for a master is exit code 64", async (t) => {
  const served = start(t, ["-p", "1", "--harakiri", "0"]);
  t.is(await served.child.exit(), 64);
  t.regex(served.child.stderr, /--harakiri 0: 0\.1 seconds or more are needed/);
});

needsOtherUser().serial("a bridge is not root beside workers that are not, but exit code 77", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "app.mjs"), APP);
  const args = ["serve", join(folder, "app.mjs"), "--http", "127.0.0.1:0", "-p", "1", "--uid", String(OTHER_UID)];
  const { code, stderr } = await runUisge(args);
  t.is(code, 77);
  t.regex(stderr, /^uisge: --http: the bridge would be root, as the master is/);
});

test.serial("a number of workers that cannot be meant changes nothing", async (t) => {
  const served = start(t, ["-p", "1"]);
  await ready(served);
  const { code, stderr } = await runUisge(["scale", served.control, "9999"]);
  t.is(code, 1);
  t.regex(stderr, /processes is 9999, allowed are whole numbers from 1 to 1024/);
  t.is((await status(served.control)).processes, 1);
});

test.serial("--control off leaves no socket", async (t) => {
  const { child, socket } = start(t, ["-p", "1", "--control", "off"]);
  await child.printed("stderr", /listening on/);
  t.like(await get(socket), { args: [] });
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
  t.false(child.stderr.includes("control socket"));
});

test.serial("--http has a bridge beside the workers, which ends with the master however that ends", async (t) => {
  const port = await freePort();
  const served = start(t, ["-p", "1", "--http", `127.0.0.1:${port}`]);
  await served.child.printed("stderr", /listening on http:/);
  t.is((await send({ port, path: "/" })).status, 200);
  served.child.process.kill("SIGKILL");
  // Bridge and workers hold its standard error: that ends when all of them have.
  await served.child.exit();
  await t.throwsAsync(send({ port, path: "/" }), { code: "ECONNREFUSED" });
});

test.serial("--http on a port that is taken ends it with exit code 69", async (t) => {
  const port = await freePort();
  const first = start(t, ["-p", "1", "--http", `127.0.0.1:${port}`]);
  await first.child.printed("stderr", /listening on http:/);
  const second = start(t, ["-p", "1", "--http", `127.0.0.1:${port}`]);
  t.is(await second.child.exit(), 69);
  t.false(existsSync(second.socket));
});

test.serial("a bridge that is killed is started again", async (t) => {
  const port = await freePort();
  const served = start(t, ["-p", "1", "--http", `127.0.0.1:${port}`]);
  const [, pid] = await served.child.printed("stderr", /Node v\S+, pid (\d+)\n.*listening on http:/);
  process.kill(Number(pid), "SIGKILL");
  await served.child.printed("stderr", /the bridge has ended by SIGKILL: started again in 1 s\n[^]*listening on http:/);
  t.is((await send({ port, path: "/" })).status, 200);
});

test.serial("an upgrade leaves another master at the same addresses", async (t) => {
  const served = start(t, ["-p", "1"]);
  await ready(served);
  const { pid } = await status(served.control);
  t.is((await runUisge(["upgrade", served.control])).code, 0);
  const [, next] = await served.child.printed("stderr", /takes over[^]*taken over from the master with pid (\d+)/);
  t.is(Number(next), pid);
  while (!existsSync(served.control)) await new Promise(setImmediate);
  const told = await status(served.control);
  t.not(told.pid, pid);
  t.is(told.workers.find(({ pid: one }) => one !== pid)?.state, "ready");
  t.is((await runUisge(["stop", served.control])).code, 0);
  t.is(await served.child.exit(), 0);
});

for (const [what, options, manager, server] of [
  ["one process alone loads nothing of the manager and the bridge", [], false, true],
  ["a master loads nothing of the server, the applications' interfaces and the bridge", ["-p", "1"], true, false],
] as const) {
  test.serial(what, async (t) => {
    const folder = folderOf(t);
    const [app, socket, loaded] = [join(folder, "app.mjs"), join(folder, "app.sock"), join(folder, "loaded")];
    writeFileSync(app, APP);
    const preload = new URL("../programs/loaded-modules.js", import.meta.url).href;
    const own = options.length === 0 ? [] : [...options, "--allow-root", "--control", join(folder, "control.sock")];
    const args = ["--import", preload, main, "serve", app, "-s", socket, ...own];
    await using child = new Child(args, { env: { UISGE_LOADED: loaded } });
    await child.printed("stderr", /listening on/);
    const urls = readFileSync(loaded, "utf8");
    const has = (area: string): boolean => urls.includes(`/dist/${area}/`);
    t.true(has("cli/serve"));
    t.is(has("manager"), manager);
    for (const area of ["server", "app"]) t.is(has(area), server, area);
    t.false(has("gateway"));
    // Flags are read by the table that is made from the schema; what reads files is for those who have some.
    for (const name of ["@sinclair/typebox", "/node_modules/yaml/", "toml-eslint-parser"]) t.false(urls.includes(name));
  });
}

test.serial("a worker whose master has read a YAML file loads nothing of schema, files and command line", async (t) => {
  const folder = folderOf(t);
  const [app, loaded] = [join(folder, "app.mjs"), join(folder, "loaded")];
  writeFileSync(app, APP);
  const preload = new URL("../programs/loaded-modules.js", import.meta.url).href;
  const options = {
    application: app,
    socket: join(folder, "app.sock"),
    control: "off",
    "allow-root": true,
    middleware: ["compress"],
    env: { UISGE_LOADED: loaded },
    "node-option": `--import=${preload}`,
  };
  // JSON is YAML.
  writeFileSync(join(folder, "app.yaml"), JSON.stringify(options));
  await using child = new Child([main, "serve", "-c", join(folder, "app.yaml")]);
  await child.printed("stderr", /listening on/);
  const urls = readFileSync(loaded, "utf8");
  t.true(urls.includes("/dist/manager/worker/") && urls.includes("/dist/middleware/"));
  for (const part of ["/dist/config/", "/dist/cli/", "typebox", "/yaml/", "toml-eslint-parser", "commander"]) {
    t.false(urls.includes(part), part);
  }
});
