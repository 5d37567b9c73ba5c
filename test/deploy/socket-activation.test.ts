/** Socket activation by systemd's own program: it listens, and starts the command at the first connection. */
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { Child } from "../helpers/child.ts";
import { only, readUnit } from "../helpers/deploy-files.ts";
import { needs } from "../helpers/needs.ts";
import { projectRoot } from "../helpers/project.ts";
import { ask } from "../helpers/raw-client.ts";
import { runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const activateTest = needs("systemd-socket-activate");

const main = join(projectRoot, "dist/cli/main.js");

/** Its version, and the variables by which systemd passes sockets that an application would find. */
function source(version: string): string {
  return `export function application(environ, startResponse) {
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  const passed = Object.keys(process.env).filter((name) => name.startsWith("LISTEN_"));
  return JSON.stringify({ pid: process.pid, version: "${version}", passed });
}
`;
}

interface Answer {
  readonly pid: number;
  readonly version: string;
  readonly passed: readonly string[];
}

/** systemd's program listens; `listen`: the value of --socket. */
async function activated(t: ExecutionContext, options: (folder: string) => readonly string[], listen = "./app.sock") {
  const folder = folderOf(t);
  const [path, control, app] = ["app.sock", "control.sock", "app.mjs"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(app, source("one"));
  const command = [process.execPath, main, "serve", app, "--socket", listen, ...options(folder)];
  const child = new Child(["--listen", path, "--fdname", "uisge@shop.socket", "--", ...command], {
    program: "systemd-socket-activate",
    cwd: folder,
  });
  t.teardown(() => child[Symbol.asyncDispose]());
  await child.printed("stderr", /Listening on/);
  return {
    app,
    control,
    path,
    child,
    file: () => statSync(path),
    ask: async () => JSON.parse((await ask({ kind: "unix", path })).body) as Answer,
  };
}

const asManager = (folder: string): readonly string[] => {
  return ["--processes", "2", "--allow-root", "--access-log", "off", "--control", join(folder, "control.sock")];
};

activateTest(
  "a manager is started by the first request, which it answers, and reloads at the same socket",
  async (t) => {
    const served = await activated(t, asManager);
    const before = served.file();
    const first = await served.ask();
    t.like(first, { version: "one", passed: [] });
    await served.child.printed("stderr", /worker 2 .* serves/);
    writeFileSync(served.app, source("two"));
    const { code, stderr } = await runUisge(["reload", "--quiet", served.control]);
    t.is(code, 0, stderr);
    const second = await served.ask();
    t.is(second.version, "two");
    t.not(second.pid, first.pid);
    // Its owner and mode are those of who made it.
    const after = served.file();
    t.deepEqual([after.ino, after.mode, after.uid, after.gid], [before.ino, before.mode, before.uid, before.gid]);
  },
);

activateTest("a manager that ends leaves the path to systemd", async (t) => {
  const served = await activated(t, asManager);
  await served.ask();
  await served.child.printed("stderr", /worker 2 .* serves/);
  served.child.process.kill("SIGTERM");
  t.is(await served.child.exit(), 0);
  t.true(served.file().isSocket());
});

activateTest("a server of one process takes the socket by its descriptor", async (t) => {
  const served = await activated(t, () => ["--access-log", "off"], "fd://3");
  t.like(await served.ask(), { version: "one", pid: served.child.process.pid });
  t.true(served.file().isSocket());
  await served.child.printed("stderr", /listening on .*app\.sock/);
  served.child.process.kill("SIGTERM");
  t.is(await served.child.exit(), 0);
});

activateTest("a manager that is to listen elsewhere says what systemd passes, and by which unit", async (t) => {
  const served = await activated(t, asManager, "./other.sock");
  await t.throwsAsync(served.ask());
  // A mistake of configuration, with which the unit is not started again.
  const code = await served.child.exit();
  t.regex(served.child.stderr, /systemd passes .*app\.sock \(uisge@shop\.socket\), and .* listened on \.\/other\.sock/);
  const never = only(readUnit("systemd/uisge@.service"), "Service.RestartPreventExitStatus").split(" ");
  t.true(never.includes(String(code)), String(code));
});
