/** Hooks of a module, in a real process that gets a real signal. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test, { type ExecutionContext } from "ava";
import { Child } from "../helpers/child.ts";
import { projectRoot } from "../helpers/project.ts";
import { get, parseAnswer, RawClient } from "../helpers/raw-client.ts";
import { folderOf } from "../helpers/temp-folder.ts";

/** Serves a module with that source; its socket. */
function start(t: ExecutionContext, source: string): { child: Child; socket: string } {
  const folder = folderOf(t);
  writeFileSync(join(folder, "app.mjs"), source);
  const socket = join(folder, "app.sock");
  const child = new Child([join(projectRoot, "dist/cli/main.js"), "serve", join(folder, "app.mjs"), "-s", socket]);
  t.teardown(() => child[Symbol.asyncDispose]());
  return { child, socket };
}

/** Waits for its own drain before it answers: it would never end if that came behind the requests. */
const HOOKS = `
let drained;
const draining = new Promise((resolve) => { drained = resolve; });
const turn = () => new Promise(setImmediate);
export async function start() { await turn(); console.log("start"); }
export async function ready([address]) { await turn(); console.log("ready " + address); }
export async function drain() { console.log("drain"); drained(); await turn(); }
export async function stop() { await turn(); console.log("stop"); }
export async function application(environ, startResponse) {
  console.log("called");
  await draining;
  startResponse("200 OK", [["Content-Length", "8"]]);
  console.log("answered");
  return "finished";
}
`;

test("TERM while a request runs: drain at once, the request ends, then stop, then exit code 0", async (t) => {
  const { child, socket } = start(t, HOOKS);
  await child.printed("stderr", /listening on/);
  using client = await RawClient.connect({ kind: "unix", path: socket });
  await client.send(get());
  await child.printed("stdout", /called/);
  child.process.kill("SIGTERM");
  const { bytes } = await client.ending;
  t.is(parseAnswer(bytes).body, "finished");
  t.is(await child.exit(), 0);
  const said = child.stdout.split("\n").filter((line) => /^\w+( \S+)?$/.test(line));
  t.deepEqual(said, ["start", `ready ${socket}`, "called", "drain", "answered", "stop"]);
});

for (const hook of ["start", "ready"]) {
  test(`a ${hook} that fails is exit code 70 with its own error, and no socket is left`, async (t) => {
    const { child, socket } = start(
      t,
      `${HOOKS.replace(`export async function ${hook}(`, "async function _old(")}
export async function ${hook}() { throw new Error("no database"); }`,
    );
    t.is(await child.exit(), 70);
    t.regex(child.stderr, new RegExp(`the application's hook ${hook} failed: no database`));
    t.regex(child.stderr, /at .*app\.mjs/);
    t.false(existsSync(socket));
    t.is(child.stdout.includes("stop"), hook === "ready");
  });
}

test("a stop that fails is in the log, and the exit code is 0 all the same", async (t) => {
  const { child } = start(t, HOOKS.replace('console.log("stop")', 'throw new Error("still busy")'));
  await child.printed("stderr", /listening on/);
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
  t.regex(child.stderr, /^\S+ error the application's hook stop failed: Error: still busy \| at /m);
});

test("an error that belongs to no request, while running requests end, does not cut them; the exit code tells", async (t) => {
  const { child, socket } = start(
    t,
    HOOKS.replace(
      'console.log("drain"); drained();',
      'void Promise.reject(new Error("stray")); setTimeout(drained, 700);',
    ),
  );
  await child.printed("stderr", /listening on/);
  using client = await RawClient.connect({ kind: "unix", path: socket });
  await client.send(get());
  await child.printed("stdout", /called/);
  child.process.kill("SIGTERM");
  t.is(parseAnswer((await client.ending).bytes).body, "finished");
  t.is(await child.exit(), 1);
  t.regex(child.stderr, /stray/);
  t.regex(child.stderr, /stopped/);
});

test("a module whose hook is no function is exit code 70 and says what is wrong", async (t) => {
  const { child } = start(t, "export const application = () => null; export const stop = 5;");
  t.is(await child.exit(), 70);
  t.regex(child.stderr, /export stop of .*app\.mjs is number: .* a function is needed/);
});

for (const hook of ["start", "ready"]) {
  test(`TERM while ${hook} still runs is not lost: the server ends in good order when it has begun`, async (t) => {
    const { child, socket } = start(
      t,
      `export const application = () => null;
export const ${hook} = async () => {
  // Ends when the signal has come.
  const told = new Promise((resolve) => process.once("SIGTERM", resolve));
  console.log("begun");
  const alive = setInterval(() => {}, 1_000);
  await told;
  clearInterval(alive);
};
export const stop = () => console.log("stop");
`,
    );
    await child.printed("stdout", /begun/);
    child.process.kill("SIGTERM");
    t.is(await child.exit(), 0);
    t.is(child.stdout, "begun\nstop\n");
    t.false(existsSync(socket));
  });
}

test("SIGTERM to a server that loads itself ends it as any process", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "app.mjs"), HOOKS);
  const preload = pathToFileURL(join(projectRoot, "build/test/programs/signals-at-load.js")).href;
  const args = ["serve", join(folder, "app.mjs"), "-s", join(folder, "app.sock")];
  const child = new Child(["--import", preload, join(projectRoot, "dist/cli/main.js"), ...args], {
    env: { UISGE_AT: "/cli/run-command.js", UISGE_SIGNALS: "SIGWINCH SIGTERM" },
  });
  t.teardown(() => child[Symbol.asyncDispose]());
  t.is(await child.exit(), "SIGTERM");
  t.is(child.stdout, "");
});

test("what is meant for a master changes nothing, opens no debugger, and is said to be ignored", async (t) => {
  const { child } = start(t, HOOKS);
  await child.printed("stderr", /listening on/);
  for (const name of ["SIGUSR1", "SIGUSR2", "SIGHUP"] as const) {
    child.process.kill(name);
    await child.printed("stderr", new RegExp(` warn ${name} ignored: `));
  }
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
  t.notRegex(child.stderr, /Debugger/);
});

test("an application that listens to SIGUSR2 itself has the say", async (t) => {
  const { child } = start(t, `process.on("SIGUSR2", () => console.log("a heap snapshot"));\n${HOOKS}`);
  await child.printed("stderr", /listening on/);
  child.process.kill("SIGUSR2");
  await child.printed("stdout", /a heap snapshot/);
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
  t.notRegex(child.stderr, /ignored/);
});
