/** A worker's event loop is stuck: its other thread says where. */
import test, { type ExecutionContext } from "ava";
import { ask, get, RawClient } from "../../helpers/raw-client.ts";
import { readyWorker, saying, type StartedWorker, type StartWorkerOptions } from "../../helpers/worker-child.ts";

const HARAKIRI = { harakiriMs: 600, watchesLoop: true } as const;

/** Line 3 is where `stick` is stuck. */
function sticking(line: string): string {
  return `import fs from "node:fs";
function stick() {
  ${line}
}
export async function application(environ, startResponse) {
  startResponse("200 OK", []);
  if (environ.PATH_INFO === "/ask") return "well";
  if (environ.PATH_INFO === "/later") await new Promise((resolve) => setTimeout(resolve, 20));
  stick();
  return "over";
}`;
}

async function stuck(
  t: ExecutionContext,
  source: string,
  path: string,
  options: StartWorkerOptions = {},
): Promise<StartedWorker & { readonly client: RawClient }> {
  const started = await readyWorker(t, source, { ...HARAKIRI, ...options });
  const client = await RawClient.connect(started.address);
  t.teardown(async () => {
    client.destroy();
    await started.worker[Symbol.asyncDispose]();
  });
  await client.send(get({ PATH_INFO: path, QUERY_STRING: "secret=1", REMOTE_ADDR: "192.0.2.7" }));
  return { ...started, client };
}

for (const [about, line] of [
  ["an endless loop", "while (true);"],
  ["a runaway regular expression", '/^(a+)+$/.test("a".repeat(60) + "b");'],
  ["Atomics.wait", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);"],
] as const) {
  for (const path of ["/at-once", "/later"]) {
    test.serial(`F14: ${about} is named by file, line and request, ${path}`, async (t) => {
      const { worker } = await stuck(t, sticking(line), path);
      const { forMs, stack, requests } = await worker.said("stuck");
      // Not before it would be killed soon.
      t.true(forMs >= 400, String(forMs));
      const at = stack.findIndex((frame) => frame.includes("stick"));
      // Above it at most what it has called.
      t.true(
        at === 0 || (at === 1 && /^at (?:RegExp\.test|Atomics\.wait|Object\.wait)/.test(stack[0] ?? "")),
        stack.join("\n"),
      );
      t.regex(stack[at] ?? "", /^at stick \(file:\/\/.*\/app\.mjs:3:\d+\)$/);
      t.regex(stack.at(-1) ?? "", /^at (?:async )?application \(file:\/\/.*\/app\.mjs:9:\d+\)$/);
      t.is(requests.length, 1);
      t.like(requests[0], { method: "GET", path, remote: "192.0.2.7" });
    });
  }
}

test.serial(
  "an event loop that is held by a call of the system cannot be asked, and that is said in time",
  async (t) => {
    const makePipe = 'import { execFileSync } from "node:child_process"; execFileSync("mkfifo", ["pipe"]);\n';
    const { worker } = await stuck(t, makePipe + sticking('fs.readFileSync("pipe");'), "/at-once");
    const { forMs, stack, requests } = await worker.said("stuck");
    t.true(forMs >= 600, String(forMs));
    t.is(stack.length, 1);
    t.regex(stack[0] ?? "", /not to be had within 250 ms: it waits in a call of the system/);
    t.deepEqual(requests, []);
  },
);

test.serial("F25: a worker that is stuck when its master is gone is not left behind", async (t) => {
  const { worker } = await stuck(t, sticking("while (true);"), "/at-once");
  await worker.said("beat");
  worker.pipe.destroy();
  t.is(await worker.exit(), "SIGKILL");
});

test.serial("an event loop that turns again is not reported, nor does its application notice", async (t) => {
  const { worker, address } = await readyWorker(
    t,
    sticking("const end = Date.now() + 300; while (Date.now() < end);"),
    { harakiriMs: 2_000, watchesLoop: true },
  );
  for (let asked = 0; asked < 8; asked++) await ask(address);
  t.false(worker.messages.some(({ kind }) => kind === "stuck"));
});

test.serial(
  "an application that uses the inspector, and makes stacks its own way, is neither disturbed nor in the way",
  async (t) => {
    const { worker } = await stuck(
      t,
      `import { Session } from "node:inspector";
const session = new Session();
session.connect();
session.post("Runtime.enable");
session.on("Runtime.consoleAPICalled", () => {});
Error.stackTraceLimit = 1;
Error.prepareStackTrace = () => { throw new Error("no stacks"); };
export function application() { while (true); }`,
      "/",
    );
    const { stack } = await worker.said("stuck");
    t.regex(stack[0] ?? "", /^at application \(file:\/\/.*\/app\.mjs:8:\d+\)$/);
  },
);

test.serial("sources are named as their maps have it, where the process reads them", async (t) => {
  const source = "function application() {\n  for (;;);\n}\nexport { application };\n";
  const map = {
    version: 3,
    file: "app.mjs",
    sources: ["app.coffee"],
    names: [],
    // Line 2 of the module is line 5 of the source.
    mappings: "AAAA;EAIA;AAAA;AAAA",
  };
  const comment = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}\n`;
  const { worker } = await stuck(t, source + comment, "/", { nodeOptions: ["--enable-source-maps"] });
  const { stack } = await worker.said("stuck");
  t.regex(stack[0] ?? "", /app\.coffee:5:/);
});

test.serial("a worker that is being debugged is not watched, which is said once", async (t) => {
  const { worker, address } = await readyWorker(t, saying('"well"'), {
    ...HARAKIRI,
    nodeOptions: ["--inspect=127.0.0.1:0"],
  });
  await ask(address);
  t.is(worker.stderr.match(/nobody watches where it is stuck: it is being debugged/g)?.length, 1);
});

test.serial("F23: a worker that was stopped by SIGSTOP is not reported when it goes on", async (t) => {
  const { worker, client } = await stuck(
    t,
    `export async function application(environ, startResponse) {
  startResponse("200 OK", []);
  console.log("called");
  await new Promise((resolve) => process.once("SIGUSR2", resolve));
  return "over";
}`,
    "/",
    { harakiriMs: 1_000 },
  );
  await worker.printed("stdout", /called/);
  await worker.said("beat");
  worker.process.kill("SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const before = worker.messages.length;
  worker.process.kill("SIGCONT");
  while (!worker.messages.slice(before).some(({ kind }) => kind === "beat" || kind === "idle")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  worker.process.kill("SIGUSR2");
  await client.ending;
  t.false(worker.messages.some(({ kind }) => kind === "stuck"));
});

test.serial("what is preloaded into the process is not loaded into the thread", async (t) => {
  const { worker } = await readyWorker(t, saying('"well"'), {
    ...HARAKIRI,
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent('console.log("preloaded")')}` },
  });
  worker.stop();
  t.is(await worker.exit(), 0);
  t.is(worker.stdout, "preloaded\n");
});

test.serial("an application that writes arrays in its own way as JSON does not silence the watcher", async (t) => {
  const source = `Array.prototype.toJSON = function () { return "mine"; };\n${sticking("while (true);")}`;
  const { worker } = await stuck(t, source, "/at-once");
  const { stack, requests } = await worker.said("stuck");
  t.regex(stack[0] ?? "", /^at stick /);
  t.deepEqual(requests, []);
});
