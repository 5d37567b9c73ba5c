/** Errors that nobody has caught, in a worker. */
import test from "ava";
import { ask, get, parseAnswer, RawClient } from "../../helpers/raw-client.ts";
import { readyWorker } from "../../helpers/worker-child.ts";

/** `/ask` answers; `/held` once SIGUSR2 has come; others do what the test is about. */
function failing(source: string): string {
  return `import { setTimeout as delay } from "node:timers/promises";
const held = new Promise((resolve) => process.once("SIGUSR2", resolve));
export async function application(environ, startResponse) {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  if (environ.PATH_INFO === "/ask") return "well";
  if (environ.PATH_INFO === "/held") { console.log("held"); await held; return "finished"; }
  ${source}
}`;
}

test("F13, an error in a timer: the worker says so, finishes what runs, and is exit code 1; no other request fails", async (t) => {
  const { worker, address } = await readyWorker(
    t,
    failing('setTimeout(() => { throw new Error("in a timer"); }, 1); return "answered";'),
  );
  using held = await RawClient.connect(address);
  await held.send(get({ PATH_INFO: "/held" }));
  await worker.printed("stdout", /held/);
  t.is((await ask(address, get({ PATH_INFO: "/fail" }))).body, "answered");
  t.deepEqual(await worker.said("out"), { kind: "out", why: "exception", isLeaving: true });
  worker.process.kill("SIGUSR2");
  t.is(parseAnswer((await held.ending).bytes).body, "finished");
  t.is(await worker.exit(), 1);
  t.regex(worker.stderr, /error worker 1: uncaughtException: Error: in a timer \| at /);
});

test("an error in a callback fails the request that it belongs to", async (t) => {
  const { worker, address } = await readyWorker(
    t,
    failing('setTimeout(() => { throw new Error("in a callback"); }, 1); await new Promise(() => {});'),
  );
  t.is((await ask(address, get({ PATH_INFO: "/fail" }))).status, 500);
  t.is(await worker.exit(), 1);
});

test("a rejection that nobody handles: its request fails, the worker goes on and asks once to be replaced", async (t) => {
  const { worker, address } = await readyWorker(
    t,
    failing('void delay(1).then(() => { throw new Error("rejected"); }); await new Promise(() => {});'),
  );
  t.is((await ask(address, get({ PATH_INFO: "/fail" }))).status, 500);
  t.deepEqual(await worker.said("out"), { kind: "out", why: "rejection", isLeaving: false });
  t.is((await ask(address, get({ PATH_INFO: "/fail" }))).status, 500);
  t.is((await ask(address, get({ PATH_INFO: "/ask" }))).body, "well");
  t.is(worker.messages.filter(({ kind }) => kind === "out").length, 1);
  t.regex(worker.stderr, /error worker 1: unhandledRejection: Error: rejected \| at /);
  worker.stop();
  t.is(await worker.exit(), 0);
});

for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  test(`an application that listens to ${event} has the say`, async (t) => {
    const failure =
      event === "uncaughtException"
        ? 'setTimeout(() => { throw new Error("mine"); }, 1);'
        : 'void Promise.reject(new Error("mine"));';
    const { worker, address } = await readyWorker(
      t,
      failing(`process.once("SIGUSR1", () => {}); ${failure} return "answered";`) +
        `\nprocess.on("${event}", (error) => console.log("took " + error.message));`,
    );
    t.is((await ask(address, get({ PATH_INFO: "/fail" }))).body, "answered");
    await worker.printed("stdout", /took mine/);
    t.is((await ask(address, get({ PATH_INFO: "/ask" }))).body, "well");
    t.false(worker.messages.some(({ kind }) => kind === "out"));
    t.is(worker.stderr, "");
  });
}

test("an application that fails without end does not fill the log", async (t) => {
  const { worker, address } = await readyWorker(
    t,
    failing('for (let i = 0; i < 500; i++) void Promise.reject(new Error("many")); return "answered";'),
  );
  await ask(address, get({ PATH_INFO: "/fail" }));
  await worker.said("out");
  worker.stop();
  t.is(await worker.exit(), 0);
  const lines = worker.stderr.split("\n").filter((line) => line.includes("many"));
  t.true(lines.length >= 20 && lines.length < 200, String(lines.length));
});
