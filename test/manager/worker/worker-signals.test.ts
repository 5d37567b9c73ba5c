/** Signals that a worker passes over, and its logs. */
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { ask, get } from "../../helpers/raw-client.ts";
import { readyWorker, saying, startWorker, WorkerChild } from "../../helpers/worker-child.ts";

test("signals that are for the master do nothing to a worker, from its first line on", async (t) => {
  const { worker, address } = await startWorker(t, `console.log("loads");\n${saying('"well"')}`);
  await worker.printed("stdout", /loads/);
  for (const name of ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGTTIN", "SIGTTOU"] as const) {
    worker.process.kill(name);
  }
  await worker.said("ready");
  for (const name of ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGTTIN", "SIGTTOU"] as const) {
    worker.process.kill(name);
  }
  t.is((await ask(address)).body, "well");
  t.is(worker.process.exitCode, null);
  // A debugger says that it listens.
  t.is(worker.stderr, "");
});

test("signals reach applications that listen to them", async (t) => {
  const { worker } = await readyWorker(t, `${saying("1")} process.on("SIGUSR2", () => console.log("heard"));`);
  worker.process.kill("SIGUSR2");
  await worker.printed("stdout", /heard/);
  t.is(worker.process.exitCode, null);
});

test("SIGINT before there is a setup ends the process", async (t) => {
  const worker = new WorkerChild([]);
  t.teardown(() => worker[Symbol.asyncDispose]());
  worker.process.kill("SIGINT");
  const code = await worker.exit();
  // Its handler may not be there yet.
  t.true(code === 1 || code === "SIGINT");
});

for (const how of ["reopen", "SIGUSR1"] as const) {
  test(`${how}: what is logged from then on is in a new file, and the old one has what was before`, async (t) => {
    const { worker, address, folder } = await readyWorker(t, saying('"well"'), {
      log: { access: "combined", errors: "text", accessFile: "access.log", errorFile: "error.log" },
    });
    const [access, moved, errors] = [
      join(folder, "access.log"),
      join(folder, "access.log.1"),
      join(folder, "error.log"),
    ];
    await ask(address, get({ PATH_INFO: "/before", REQUEST_URI: "/before" }));
    renameSync(access, moved);
    if (how === "reopen") worker.send({ kind: "reopen" });
    else worker.process.kill("SIGUSR1");
    // Messages and signals have no answer; what is logged shows that it was done.
    for (let asked = 0; !existsSync(access) && asked < 1_000; asked++) {
      await ask(address, get({ PATH_INFO: "/between", REQUEST_URI: "/between" }));
    }
    await ask(address, get({ PATH_INFO: "/after", REQUEST_URI: "/after" }));
    worker.stop();
    t.is(await worker.exit(), 0);
    t.regex(readFileSync(moved, "utf8"), /^\S+ - - \[.*\] "GET \/before /);
    t.false(readFileSync(moved, "utf8").includes("/after"));
    t.regex(readFileSync(access, "utf8"), /"GET \/after /);
    t.is(readFileSync(errors, "utf8"), "");
    t.is(worker.stdout + worker.stderr, "");
  });
}

test("a worker's structured lines say which worker it is, pino's too, and a template's where it asks", async (t) => {
  const source =
    'export function application(environ) { environ["wsgi.errors"].write("a word\\n"); throw new Error("boom"); }';
  const files = { accessFile: "access.log", errorFile: "error.log" };
  for (const [access, errors, lines] of [
    ["json", "json", [{ event: "access" }, { event: "app:message" }, { event: "exchange:error" }]],
    ["pino", "pino", [{ level: 30 }, { level: 30 }, { level: 50, err: { type: "Error", message: "boom" } }]],
    ["%(wid) %(pid) %(status)", "text", undefined],
  ] as const) {
    const { worker, address, folder } = await readyWorker(t, source, {
      worker: { id: 7 },
      log: { access, errors, ...files },
    });
    await ask(address, get({ HTTP_X_REQUEST_ID: "r-1" }));
    worker.stop();
    t.is(await worker.exit(), 0, worker.stderr);
    const [accessText, errorText] = ["access.log", "error.log"].map((name) => readFileSync(join(folder, name), "utf8"));
    if (lines === undefined) {
      t.is(accessText, `7 ${worker.process.pid} 500\n`);
      continue;
    }
    const seen = `${accessText}${errorText}`.trim().split("\n");
    const { pid } = worker.process;
    for (const [at, line] of lines.entries()) {
      t.like(JSON.parse(seen[at] ?? ""), { pid, worker: 7, request_id: "r-1", ...line });
    }
  }
});

test("access log and error log may be the same file", async (t) => {
  const { worker, address, folder } = await readyWorker(
    t,
    'export function application(environ) { environ["wsgi.errors"].write("a word\\n"); throw new Error("boom"); }',
    { log: { access: "json", errors: "json", accessFile: "all.log", errorFile: "all.log" } },
  );
  await ask(address);
  worker.stop();
  t.is(await worker.exit(), 0);
  const lines = readFileSync(join(folder, "all.log"), "utf8").trim().split("\n");
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  t.true(events.some(({ message }) => String(message).includes("boom")));
  t.true(events.some(({ status }) => status === 500));
});
