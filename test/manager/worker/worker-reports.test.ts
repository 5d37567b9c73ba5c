/** What a worker tells its master unasked. */
import test from "ava";
import { VitalNews } from "../../../src/manager/worker/vitals.ts";
import { ask, get, RawClient } from "../../helpers/raw-client.ts";
import { readyWorker, saying } from "../../helpers/worker-child.ts";

const SLOW = `export async function application(environ, startResponse) {
  startResponse("200 OK", []);
  if (environ.PATH_INFO === "/block") { const end = Date.now() + 300; while (Date.now() < end); return "done"; }
  console.log("called");
  await new Promise((resolve) => process.once("SIGUSR2", resolve));
  return "finished";
}`;

test("vitals tell requests, what runs, memory, and that nothing was busy", async (t) => {
  const { worker, address } = await readyWorker(t, SLOW);
  using client = await RawClient.connect(address);
  await client.send(get());
  await worker.printed("stdout", /called/);
  const vitals = await worker.said("vitals", ({ running }) => running === 1);
  t.like(vitals, { requests: 1, running: 1 });
  t.true(vitals.rss > 20_000_000 && vitals.rss < 1_000_000_000, String(vitals.rss));
  t.true(vitals.busyness >= 0 && vitals.busyness <= 1);
  worker.process.kill("SIGUSR2");
  await client.ending;
  t.like(await worker.said("vitals", ({ running, requests }) => requests === 1 && running === 0), { running: 0 });
});

test("F15: an event loop that is blocked for 300 ms shows as late, and as busy", async (t) => {
  const { worker, address } = await readyWorker(t, SLOW);
  t.is((await ask(address, get({ PATH_INFO: "/block" }))).body, "done");
  const vitals = await worker.said("vitals", ({ lagMs }) => lagMs >= 150);
  t.true(vitals.busyness > 0.1, String(vitals.busyness));
  t.false(worker.messages.some(({ kind }) => kind === "out"));
});

test("what has not changed is told two times more, then no longer; noise is no change", (t) => {
  const news = new VitalNews();
  const told = { requests: 7, running: 0, rss: 50_000_000, busyness: 0.01, lagMs: 2 };
  const noise = { ...told, rss: 50_010_000, busyness: 0.02, lagMs: 9 };
  t.deepEqual(
    [told, noise, told, noise, told].map((one) => news.isNew(one)),
    [true, true, true, false, false],
  );
  for (const change of [{ requests: 8 }, { running: 1 }, { rss: 60_000_000 }, { busyness: 0.5 }, { lagMs: 300 }]) {
    const fresh = new VitalNews();
    for (let times = 0; times < 4; times++) fresh.isNew(told);
    t.deepEqual(
      [1, 2, 3, 4].map(() => fresh.isNew({ ...told, ...change })),
      [true, true, true, false],
      JSON.stringify(change),
    );
  }
});

test("beats come while requests run, and tell how old the oldest is; then it is said that none runs", async (t) => {
  const { worker, address } = await readyWorker(t, SLOW, { harakiriMs: 60_000 });
  t.false(worker.messages.some(({ kind }) => kind === "beat"));
  using client = await RawClient.connect(address);
  await client.send(get());
  t.deepEqual(await worker.said("beat"), { kind: "beat", oldestMs: 0 });
  await worker.said("beat", ({ oldestMs }) => oldestMs >= 200);
  worker.process.kill("SIGUSR2");
  await client.ending;
  await worker.said("idle");
  t.is(worker.messages.findLast(({ kind }) => kind !== "vitals")?.kind, "idle");
});

test("a request is told of before its handler is called, which may never return", async (t) => {
  const { worker, address } = await readyWorker(t, "export function application() { while (true); }", {
    harakiriMs: 60_000,
  });
  using client = await RawClient.connect(address);
  await client.send(get());
  t.deepEqual(await worker.said("beat"), { kind: "beat", oldestMs: 0 });
});

test("without harakiri there are no beats", async (t) => {
  const { worker, address } = await readyWorker(t, SLOW);
  await ask(address, get({ PATH_INFO: "/block" }));
  await worker.said("vitals", ({ requests }) => requests === 1);
  t.false(worker.messages.some(({ kind }) => kind === "beat" || kind === "idle"));
});

test("a request beyond its limit is answered by the worker itself, which goes on", async (t) => {
  const { worker, address } = await readyWorker(t, SLOW, { harakiriMs: 200 });
  t.is((await ask(address)).status, 504);
  await worker.said("idle");
  t.is((await ask(address, get({ PATH_INFO: "/block" }))).body, "done");
});

test("a worker that has taken as many requests as it may says so once, and goes on", async (t) => {
  const { worker, address } = await readyWorker(t, saying('"well"'), { maxRequests: 3 });
  for (let asked = 1; asked <= 2; asked++) await ask(address);
  worker.send({ kind: "requests", ask: 1 });
  await worker.said("requests");
  t.false(worker.messages.some(({ kind }) => kind === "out"));
  for (let asked = 3; asked <= 6; asked++) t.is((await ask(address)).body, "well");
  t.deepEqual(await worker.said("out"), { kind: "out", why: "max-requests", isLeaving: false });
  worker.stop();
  t.is(await worker.exit(), 0);
  t.is(worker.messages.filter(({ kind }) => kind === "out").length, 1);
});
