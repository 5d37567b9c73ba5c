/** Work that an application does beside its answer: who waits for it, and who hears of its failure. */
import test from "ava";
import type { AppRequest, DirectHandler, Handler } from "../../src/handler/index.ts";
import { httpPlugin } from "../../src/server/index.ts";
import { ask, get, RawClient } from "../helpers/raw-client.ts";
import { StubExchange } from "../helpers/stub-exchange.ts";
import { type Gate, gate, respond, startServer } from "../helpers/test-server.ts";

/** Answers, and does `work` with the request first. */
function handlersFor(work: (request: AppRequest) => void): Readonly<Record<string, Handler | DirectHandler>> {
  return {
    "a handler": (request) => {
      work(request);
      return respond("ok");
    },
    "an async handler": async (request) => {
      await Promise.resolve();
      work(request);
      return respond("ok");
    },
    "a direct handler": {
      answer(request, answer) {
        work(request);
        void answer.begin(200, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 2, "ok");
        answer.end();
      },
    },
  };
}

const kinds = Object.keys(handlersFor(() => {}));

function handlerFor(kind: string, work: (request: AppRequest) => void): Handler | DirectHandler {
  const handler = handlersFor(work)[kind];
  if (handler === undefined) throw new Error(`there is no ${kind}`);
  return handler;
}

/** True when the promise has settled after all that was ready has run. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  void promise.then(() => {
    isSettled = true;
  });
  for (let round = 0; round < 5; round++) await new Promise(setImmediate);
  return isSettled;
}

for (const kind of kinds) {
  test(`the answer of ${kind} does not wait for work`, async (t) => {
    const work = gate();
    await using server = await startServer(handlerFor(kind, (request) => request.waitUntil(work.promise)));
    t.is((await ask(server.address)).body, "ok");
    t.like(await server.seen.ends.at(), { status: 200, ending: "complete" });
    work.open();
  });

  test(`a server that closes waits for the work of ${kind}`, async (t) => {
    const work = gate();
    await using server = await startServer(
      handlerFor(kind, (request) => request.waitUntil(work.promise)),
      { graceMs: 60_000 },
    );
    await ask(server.address);
    const closing = server.server.close();
    t.false(await hasSettled(closing));
    work.open();
    await closing;
  });

  test(`a failure of the work of ${kind} is logged with its request`, async (t) => {
    await using server = await startServer(
      handlerFor(kind, (request) => request.waitUntil(Promise.reject(new Error("boom")))),
    );
    t.is((await ask(server.address, get({ PATH_INFO: "/tea" }))).status, 200);
    t.like(await server.seen.errors.at(), {
      outcome: "beside",
      status: 0,
      environ: { PATH_INFO: "/tea" },
      error: { message: "boom" },
    });
  });
}

test("work that fails while the answer goes on does not end the process, nor the answer", async (t) => {
  const go = gate();
  await using server = await startServer(async (request) => {
    request.waitUntil(Promise.reject(new Error("early")));
    await go.promise;
    return respond("ok");
  });
  const asking = ask(server.address);
  t.like(await server.seen.errors.at(), { outcome: "beside", error: { message: "early" } });
  go.open();
  t.is((await asking).body, "ok");
});

test("work may begin behind the answer, and more of it within", async (t) => {
  const [given, first, second] = [gate<AppRequest>(), gate(), gate()] as [Gate<AppRequest>, Gate, Gate];
  await using server = await startServer(
    (request) => {
      given.open(request);
      return respond("ok");
    },
    { graceMs: 60_000 },
  );
  await ask(server.address);
  const request = await given.promise;
  request.waitUntil(first.promise.then(() => request.waitUntil(second.promise)));
  const closing = server.server.close();
  first.open();
  t.false(await hasSettled(closing));
  second.open();
  await closing;
});

test("a server waits for work no longer than its grace", async (t) => {
  await using server = await startServer(
    (request) => {
      request.waitUntil(new Promise(() => {}));
      return respond("ok");
    },
    { graceMs: 20 },
  );
  await ask(server.address);
  await server.server.close();
  t.is(server.server.openConnections, 0);
});

test("work that fails because the client has gone is nobody's error", async (t) => {
  const called = gate();
  const failed = gate();
  await using server = await startServer(async (request) => {
    const { signal } = request;
    const gone = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    request.waitUntil(
      gone.then(() => {
        failed.open();
        signal.throwIfAborted();
      }),
    );
    called.open();
    await gone;
    return respond("in vain");
  });
  const client = await RawClient.connect(server.address);
  await client.send(get());
  await called.promise;
  client.destroy();
  await failed.promise;
  await server.seen.ends.at();
  t.deepEqual(server.seen.errors.all, []);
});

test("what is no promise is done already", async (t) => {
  const on = new StubExchange(get());
  void httpPlugin((request) => {
    request.waitUntil(undefined as unknown as Promise<void>);
    return respond("ok");
  }).answer(on);
  await Promise.all(on.work);
  t.deepEqual(on.calls, ["expect 0", "wait", "write", "end"]);
});

test("no work, no promise: nothing is made for a request that waits for nothing", (t) => {
  const on = new StubExchange(get());
  t.is(httpPlugin(() => respond("ok")).answer(on), undefined);
  t.deepEqual(on.work, []);
});
