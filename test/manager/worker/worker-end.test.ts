/** How a worker ends: what it finishes, whom it tells, and what it does not wait for. */
import test from "ava";
import { ask, get, parseAnswer, RawClient } from "../../helpers/raw-client.ts";
import { readyWorker, saying, startWorker } from "../../helpers/worker-child.ts";

/** Answers when it is told to by a request for /release. */
const HELD = `
import { once, EventEmitter } from "node:events";
const events = new EventEmitter();
export async function application(environ, startResponse) {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  console.log("called");
  await once(events, "release");
  return "finished";
}
export const drain = () => console.log("drains");
export const stop = () => console.log("stops");
globalThis.release = () => events.emit("release");
`;

test("what runs ends before the worker does, then the application is told SIGTERM, as by the system", async (t) => {
  const { worker, address } = await readyWorker(
    t,
    `${HELD}
process.on("SIGTERM", (name, number) => console.log("told " + name + " " + number));
process.on("exit", () => console.log("exits"));
globalThis.setTimeout(() => {}, 3600_000).unref();
export const ready = () => console.log("is ready");
process.stdin.on("data", () => {});
process.on("SIGUSR2", () => globalThis.release());`,
  );
  using client = await RawClient.connect(address);
  await client.send(get());
  await worker.printed("stdout", /called/);
  worker.stop();
  await worker.printed("stdout", /drains/);
  await worker.said("closed");
  worker.process.kill("SIGUSR2");
  t.is(parseAnswer((await client.ending).bytes).body, "finished");
  t.is(await worker.exit(), 0);
  t.deepEqual(worker.stdout.trim().split("\n"), ["is ready", "called", "drains", "stops", "told SIGTERM 15", "exits"]);
  t.false(worker.messages.some(({ kind }) => kind === "out"));
});

for (const [about, handler] of [
  [
    "a stream of events",
    `(req, res) => { res.writeHead(200, { "Content-Type": "text/event-stream" }); res.write("data: one\\n\\n"); }`,
  ],
  ["a request that never ends", `() => { console.log("called"); }`],
] as const) {
  test(`${about} is cut at the end of the grace, and the worker leaves then`, async (t) => {
    const { worker, address } = await readyWorker(
      t,
      `import { createServer } from "node:http"; createServer(${handler}).listen(3000); export const stop = 0;`.replace(
        " export const stop = 0;",
        "",
      ),
      { server: { graceMs: 300 } },
    );
    using client = await RawClient.connect(address);
    await client.send(get());
    if (about === "a stream of events") await client.until("data: one");
    else await worker.printed("stdout", /called/);
    worker.stop(300);
    t.is(await worker.exit(), 0);
    await client.ending;
  });
}

test("a WebSocket that is open lives until the end of the grace", async (t) => {
  const { worker, address } = await readyWorker(
    t,
    `import { createServer } from "node:http";
const server = createServer();
server.on("upgrade", (req, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: raw\\r\\nConnection: Upgrade\\r\\n\\r\\n");
  socket.on("data", (bytes) => socket.write(bytes));
});
server.listen(3000);`,
    { server: { graceMs: 1_000 } },
  );
  using client = await RawClient.connect(address);
  await client.send(get({ HTTP_UPGRADE: "raw", HTTP_CONNECTION: "Upgrade" }));
  await client.until("101 Switching");
  worker.stop(1_000);
  await client.send("still here");
  await client.until("still here");
  await client.ending;
  t.is(await worker.exit(), 0);
});

test("a grace of 0 is at once", async (t) => {
  const { worker, address } = await readyWorker(t, HELD);
  using client = await RawClient.connect(address);
  await client.send(get());
  await worker.printed("stdout", /called/);
  worker.stop(0);
  t.is(await worker.exit(), 0);
  t.false(worker.stdout.includes("drains"));
});

test("a second stop can only shorten the grace", async (t) => {
  const { worker, address } = await readyWorker(t, HELD);
  using client = await RawClient.connect(address);
  await client.send(get());
  await worker.printed("stdout", /called/);
  worker.stop(3_600_000);
  await worker.printed("stdout", /drains/);
  worker.stop(7_200_000);
  worker.stop(10);
  t.is(await worker.exit(), 0);
  t.false(worker.stdout.includes("stops"));
});

test("a grace without end is none", async (t) => {
  const { worker } = await readyWorker(t, saying('"well"'), { server: { graceMs: Number.POSITIVE_INFINITY } });
  worker.stop(Number.POSITIVE_INFINITY);
  t.is(await worker.exit(), 0);
});

test("process.exit in a listener for SIGTERM ends the worker with that code, behind the last answer", async (t) => {
  const { worker, address } = await readyWorker(
    t,
    `${HELD}
process.on("SIGTERM", () => process.exit(5));
process.on("SIGUSR2", () => globalThis.release());`,
  );
  using client = await RawClient.connect(address);
  await client.send(get());
  await worker.printed("stdout", /called/);
  worker.stop();
  await worker.printed("stdout", /drains/);
  worker.process.kill("SIGUSR2");
  t.is(parseAnswer((await client.ending).bytes).body, "finished");
  t.is(await worker.exit(), 5);
});

test("what a listener for SIGTERM throws is an error that nobody caught", async (t) => {
  const { worker } = await readyWorker(t, `${saying("1")} process.on("SIGTERM", () => { throw new Error("torn"); });`);
  worker.stop();
  t.is(await worker.exit(), 1);
  t.regex(worker.stderr, /worker 1: uncaughtException: Error: torn/);
});

test("what a Node application still does behind its listener for SIGTERM is waited for", async (t) => {
  const { worker } = await readyWorker(
    t,
    `import { createServer } from "node:http";
const server = createServer((req, res) => res.end()).listen(3000);
process.on("SIGTERM", () => server.close(() => setTimeout(() => console.log("saved"), 20)));`,
  );
  worker.stop();
  t.is(await worker.exit(), 0);
  t.is(worker.stdout, "saved\n");
});

test("what an application does without end is waited for until the grace is over", async (t) => {
  const { worker } = await readyWorker(
    t,
    `import { createServer } from "node:http";
createServer((req, res) => res.end()).listen(3000);
process.on("SIGTERM", () => setInterval(() => {}, 1000));`,
    { server: { graceMs: 100 } },
  );
  worker.stop(100);
  t.is(await worker.exit(), 0);
});

test("SIGTERM to the worker itself: it says so, tells the application at once, finishes and leaves", async (t) => {
  const { worker, address } = await readyWorker(
    t,
    `${HELD}
process.on("SIGTERM", () => { console.log("told"); globalThis.release(); });`,
  );
  using client = await RawClient.connect(address);
  await client.send(get());
  await worker.printed("stdout", /called/);
  worker.process.kill("SIGTERM");
  t.deepEqual(await worker.said("out"), { kind: "out", why: "asked", isLeaving: true });
  t.is(parseAnswer((await client.ending).bytes).body, "finished");
  t.is(await worker.exit(), 0);
  t.is(worker.stdout.match(/told/g)?.length, 1);
});

for (const name of ["SIGINT", "SIGQUIT"] as const) {
  test(`${name} ends a worker at once`, async (t) => {
    const { worker, address } = await readyWorker(t, HELD);
    using client = await RawClient.connect(address);
    await client.send(get());
    await worker.printed("stdout", /called/);
    worker.process.kill(name);
    t.is(await worker.exit(), 1);
    t.false(worker.stdout.includes("drains"));
  });
}

test("an application that closes its server is replaced, and has its end", async (t) => {
  const { worker, address } = await readyWorker(
    t,
    `import { createServer } from "node:http";
const server = createServer((req, res) => { server.close(() => console.log("closed")); res.end("last"); }).listen(3000);`,
  );
  t.is((await ask(address)).body, "last");
  t.deepEqual(await worker.said("out"), { kind: "out", why: "closed", isLeaving: true });
  t.is(await worker.exit(), 0);
  t.is(worker.stdout, "closed\n");
});

test("a worker that is told to stop while it loads does not wait for the module", async (t) => {
  const { worker } = await startWorker(t, 'console.log("loads"); await new Promise((r) => setTimeout(r, 3600_000));');
  await worker.printed("stdout", /loads/);
  worker.stop();
  t.is(await worker.exit(), 0);
});

test("a worker that is told to stop while its start hook runs ends in good order behind it", async (t) => {
  const { worker } = await startWorker(
    t,
    `${saying("1")}
export const start = () => new Promise((resolve) => {
  console.log("starts");
  const alive = setInterval(() => {}, 1000);
  process.once("SIGUSR2", () => { clearInterval(alive); resolve(); });
});
export const stop = () => console.log("stops");`,
  );
  await worker.printed("stdout", /starts/);
  worker.stop();
  worker.process.kill("SIGUSR2");
  t.is(await worker.exit(), 0);
  t.is(worker.stdout, "starts\nstops\n");
});

test("the exit code that an application has set is that of its worker", async (t) => {
  const { worker } = await readyWorker(t, `${saying("1")} process.exitCode = 9;`);
  worker.stop();
  t.is(await worker.exit(), 9);
});
