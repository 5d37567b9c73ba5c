/** A worker from its start to `ready`, or to why not; and how it goes when its master does. */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Child } from "../../helpers/child.ts";
import { needsLinux } from "../../helpers/needs.ts";
import { projectRoot } from "../../helpers/project.ts";
import { ask, exchange, get, parseAnswer, RawClient } from "../../helpers/raw-client.ts";
import { readyWorker, saying, setupOf, startWorker, WORKER_PROGRAM, WorkerChild } from "../../helpers/worker-child.ts";
import { writeSetup } from "../../../src/manager/channel/read-setup.ts";

for (const socket of [undefined, "127.0.0.1:0"]) {
  test(`a worker is ready when it accepts on ${socket ?? "a unix socket"}, says what it serves, and stops when told`, async (t) => {
    const { worker, address, folder } = await startWorker(
      t,
      saying("`hello ${environ.PATH_INFO}`"),
      socket === undefined ? {} : { socket },
    );
    const ready = await worker.said("ready");
    t.deepEqual(ready, {
      kind: "ready",
      application: `${join(folder, "app.mjs")}:application`,
      why: "export application, by its name: WSGI",
    });
    t.is((await ask(address, get({ PATH_INFO: "/tea" }))).body, "hello /tea");
    worker.stop();
    t.is(await worker.exit(), 0);
    t.is(worker.stderr, "");
  });
}

test("connections that came before the worker was there are answered", async (t) => {
  const { worker, address } = await startWorker(t, saying('"late"'));
  const early = exchange(address, get());
  await worker.said("ready");
  t.is(parseAnswer((await early).bytes).body, "late");
});

for (const [processes, isMany] of [
  [1, false],
  [3, true],
] as const) {
  test(`an application of ${processes} processes finds which worker it is, and whether there are others`, async (t) => {
    const { address } = await readyWorker(
      t,
      saying(
        'JSON.stringify([environ["wsgi.multiprocess"], environ["uisge.worker_id"], process.env.UISGE_WORKER_ID, process.argv.slice(2), typeof process.send])',
      ),
      { worker: { id: 2, processes }, application: { args: ["-v"] } },
    );
    t.deepEqual(JSON.parse((await ask(address)).body), [isMany, 2, "2", ["-v"], "undefined"]);
  });
}

test("an application that is none of WSGI is served as well, and has its number in the environment", async (t) => {
  const { address } = await readyWorker(
    t,
    `import { createServer } from "node:http";
createServer((req, res) => res.end(process.env.UISGE_WORKER_ID)).listen(3000);`,
    { worker: { id: 4 } },
  );
  t.is((await ask(address)).body, "4");
});

test("a preload is imported before the application, and looked for from the worker's folder", async (t) => {
  const source = `import { writeFileSync } from "node:fs";
export const application = () => null;
process.stdout.write("then application " + globalThis.early + "\\n");`;
  const { worker, folder } = await startWorker(t, source, { application: { preload: ["./early.mjs"] } });
  writeFileSync(join(folder, "early.mjs"), "globalThis.early = true; process.stdout.write('early ');");
  await worker.said("ready");
  t.is(worker.stdout, "early then application true\n");
});

// How it fails

for (const [about, source, changes, code, exitCode] of [
  ["a module that throws", 'throw new Error("no database")', {}, "UWSGI_APP_LOAD_FAILED", 70],
  ["a module without an application", "export const other = 5;", {}, "UWSGI_APP_NOT_FOUND", 66],
  [
    "a start hook that fails",
    'export const application = () => null; export function start() { throw new Error("no database"); }',
    {},
    "UWSGI_APP_HOOK_FAILED",
    70,
  ],
  ["no module", "", { application: { name: "/nowhere/app.mjs" } }, "UWSGI_APP_NOT_FOUND", 66],
  [
    "a preload that is not there",
    saying("1"),
    { application: { preload: ["./none.mjs"] } },
    "UWSGI_APP_LOAD_FAILED",
    70,
  ],
  ["an option out of range", saying("1"), { server: { maxVars: -1 } }, "UWSGI_INVALID_ARGUMENT", 64],
  [
    "a log that cannot be",
    saying("1"),
    { log: { access: "off", errors: "text", errorFile: "/nowhere/error.log" } },
    "UWSGI_INVALID_ARGUMENT",
    64,
  ],
] as const) {
  test(`${about} is said to the master and to the log, and is exit code ${exitCode}`, async (t) => {
    const { worker } = await startWorker(t, source, changes);
    const failed = await worker.said("failed");
    t.like(failed, { code, exitCode });
    t.is(await worker.exit(), exitCode);
    t.regex(worker.stderr, /^\S+ error worker 1 cannot start: /);
    t.false(worker.messages.some(({ kind }) => kind === "ready"));
  });
}

test("process.exit in the module ends the worker with that code, and nothing is said", async (t) => {
  const { worker } = await startWorker(t, "process.exit(3);");
  t.is(await worker.exit(), 3);
  t.deepEqual(worker.messages, []);
});

test("an error that nobody catches while the application is loaded is exit code 1, and in the log", async (t) => {
  const { worker } = await startWorker(
    t,
    'setImmediate(() => { throw new Error("too early"); }); await new Promise((resolve) => setTimeout(resolve, 60_000));',
  );
  t.is(await worker.exit(), 1);
  t.regex(worker.stderr, /error worker 1: uncaughtException: Error: too early/);
});

// The channel

for (const [about, bytes, seen] of [
  ["no JSON", "hello\n", /"hello", a JSON object with a kind is needed/],
  ["a line without an end", "x".repeat(1_100_000), /a line of more than 1048576 bytes/],
  ["a setup that is none", '{"kind":"setup","setup":"AAAA"}\n', /the setup of a worker cannot be read/],
  [
    "a setup in which something is missing",
    `{"kind":"setup","setup":"${writeSetup({} as never)}"}\n`,
    /the setup of a worker cannot be read: it has no worker/,
  ],
] as const) {
  test(`${about} from the master is refused, with what was seen, and exit code 76`, async (t) => {
    const worker = new WorkerChild([]);
    t.teardown(() => worker[Symbol.asyncDispose]());
    worker.pipe.write(bytes);
    t.is(await worker.exit(), 76);
    t.regex(worker.stderr, seen);
  });
}

test("a worker that nobody has started as one says so, and is exit code 64", async (t) => {
  await using child = new Child([WORKER_PROGRAM]);
  t.is(await child.exit(), 64);
  t.regex(child.stderr, /a worker is started by its master, which is to be at descriptor 3/);
});

test("a worker whose master goes before it has said anything leaves", async (t) => {
  const worker = new WorkerChild([]);
  t.teardown(() => worker[Symbol.asyncDispose]());
  worker.pipe.end();
  t.is(await worker.exit(), 0);
});

test("F25: a worker whose master has gone finishes what runs, accepts no more, and leaves", async (t) => {
  const { worker, address, held } = await readyWorker(
    t,
    `let release;
process.stdout.on("error", () => {});
export async function application(environ, startResponse) {
  startResponse("200 OK", []);
  console.log("called");
  await new Promise((resolve) => { release = resolve; });
  return "finished";
}
export const drain = () => { console.log("drains"); release(); };`,
  );
  using client = await RawClient.connect(address);
  await client.send(get());
  await worker.printed("stdout", /called/);
  // Nobody else has the socket then.
  await held.close();
  worker.pipe.destroy();
  t.is(parseAnswer((await client.ending).bytes).body, "finished");
  t.is(await worker.exit(), 0);
});

test("what waits in the queue when the master has gone is still answered", async (t) => {
  const { worker, address } = await readyWorker(
    t,
    `let release;
export async function application(environ, startResponse) {
  startResponse("200 OK", []);
  if (environ.PATH_INFO === "/block") { console.log("called"); const end = Date.now() + 500; while (Date.now() < end); }
  return "answered";
}`,
  );
  using client = await RawClient.connect(address);
  await client.send(get({ PATH_INFO: "/block" }));
  await worker.printed("stdout", /called/);
  const queued = exchange(address, get());
  worker.pipe.destroy();
  t.is(parseAnswer((await queued).bytes).body, "answered");
  t.is(await worker.exit(), 0);
});

test("messages that a worker does not know are passed over, and its log says so once for each kind", async (t) => {
  const { worker, address } = await readyWorker(t, saying('"well"'));
  worker.pipe.write('{"kind":"later"}\n{"kind":"later"}\n{"kind":"last"}\n');
  await worker.printed("stderr", /"last"/);
  t.is((await ask(address)).body, "well");
  t.deepEqual(worker.stderr.match(/warn worker 1: its master has sent messages of kind "\w+"/g), [
    'warn worker 1: its master has sent messages of kind "later"',
    'warn worker 1: its master has sent messages of kind "last"',
  ]);
});

test("what runs is told when it is asked for", async (t) => {
  const { worker, address } = await readyWorker(
    t,
    `export async function application() { console.log("called"); await new Promise(() => setTimeout(() => {}, 60_000)); }`,
  );
  using client = await RawClient.connect(address);
  await client.send(get({ PATH_INFO: "/tea", QUERY_STRING: "secret=1", REMOTE_ADDR: "192.0.2.7" }));
  await worker.printed("stdout", /called/);
  worker.send({ kind: "requests", ask: 7 });
  const { ask: number, requests } = await worker.said("requests");
  t.is(number, 7);
  t.like(requests, [{ method: "GET", path: "/tea", remote: "192.0.2.7" }]);
  t.is(requests.length, 1);
});

needsLinux()("programs that the application starts have neither the channel nor the sockets", async (t) => {
  const { address } = await readyWorker(
    t,
    `import { spawnSync } from "node:child_process";
const look = "echo here; readlink /proc/$$/fd/3 /proc/$$/fd/4";
${saying('spawnSync("sh", ["-c", look]).stdout.toString()')}`,
  );
  t.is((await ask(address)).body, "here\n");
});

test("what systemd has passed to the master is not there for the application to take", async (t) => {
  const { address } = await readyWorker(t, saying("JSON.stringify([process.env.LISTEN_FDS, process.env.LISTEN_PID])"), {
    env: { LISTEN_FDS: "1", LISTEN_PID: "1" },
  });
  t.is((await ask(address)).body, "[null,null]");
});

test("a worker loads neither the command, nor what balances, routes or reads configurations", async (t) => {
  const { worker, folder } = await startWorker(t, saying("1"), {
    nodeOptions: ["--import", join(projectRoot, "build/test/programs/loaded-modules.js")],
    env: { UISGE_LOADED: "loaded.txt" },
  });
  await worker.said("ready");
  worker.stop();
  t.is(await worker.exit(), 0);
  const prefix = new URL("../../../src/", import.meta.url).href;
  const loaded = readFileSync(join(folder, "loaded.txt"), "utf8").split("\n");
  // Nor any package: those of the schema, of YAML and TOML, of the command line.
  t.deepEqual(
    loaded.filter((url) => url.includes("/node_modules/")),
    [],
  );
  const areas = new Set(
    loaded.filter((url) => url.startsWith(prefix)).map((url) => url.slice(prefix.length).split("/")[0]),
  );
  // All that is under it; the others are one file.
  t.deepEqual(
    [...areas].sort((one, other) => (one ?? "").localeCompare(other ?? "")),
    [
      "app",
      "codec",
      "connection",
      "diagnostics.js",
      "environ",
      "errors.js",
      "handler",
      "log",
      "manager",
      "nearest-name.js",
      "plugins",
      "process",
      "serve.js",
      "server",
    ],
  );
  t.deepEqual(
    loaded.filter((url) => /\/manager\/(?:master|plan|control|sockets|index)/.test(url)),
    [],
  );
});

test("a second setup changes nothing", async (t) => {
  const { worker, address } = await readyWorker(t, saying('"first"'));
  worker.send({ kind: "setup", setup: writeSetup(setupOf("/nowhere", address)) });
  t.is((await ask(address)).body, "first");
  worker.stop();
  await once(worker.process, "exit");
  t.is(await worker.exit(), 0);
});
