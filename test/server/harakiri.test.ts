/** Requests that take longer than `harakiriMs`: how they end, and what becomes of what still comes of them. */
import type { Duplex } from "node:stream";
import test from "ava";
import { errorCode } from "../../src/errors.ts";
import type { AppRequest, DirectHandler, Handler } from "../../src/handler/index.ts";
import { httpPlugin } from "../../src/server/index.ts";
import { exchange, get, parseAnswer, post, RawClient } from "../helpers/raw-client.ts";
import { never, pass, slowApp, slowInterfaces, turns, waiting } from "../helpers/slow-apps.ts";
import { bothKinds } from "../helpers/target.ts";
import { gate, respond, startServer, type TestServer, type TestServerOptions } from "../helpers/test-server.ts";

const LIMIT_MS = 600_000;

/** What a loaded machine may add of its own, and more. */
const MARGIN_MS = 60_000;
const GATEWAY_TIMEOUT = "504 Gateway Timeout\n";

/** Time passes when the test says so, and a close that waits for what was ended would never come. */
function start(handler: Handler | DirectHandler, options: TestServerOptions = {}): Promise<TestServer> {
  return startServer(handler, { harakiriMs: LIMIT_MS, graceMs: 600_000, ...options });
}

/**
 * Sends a request, waits until the application has it and has sent `begun`, lets its time pass, and answers how it ends.
 */
async function outwait(
  server: TestServer,
  packet: Uint8Array = get(),
  begun = "",
): Promise<{ text: string; how: string }> {
  using client = await RawClient.connect(server.address);
  // Not waited for: of a large body nobody takes all.
  void client.send(packet);
  await waiting(server);
  await client.until(begun);
  pass(server, LIMIT_MS + MARGIN_MS);
  const { bytes, how } = await client.ending;
  return { text: Buffer.from(bytes).toString("latin1"), how };
}

for (const kind of bothKinds) {
  for (const name of slowInterfaces) {
    test(`a ${name} application that does not answer in time gets a 504 and its signal, ${kind}`, async (t) => {
      const { handler, reasons } = slowApp(name, never);
      await using server = await start(handler, { kind });
      const { text, how } = await outwait(server, get({ PATH_INFO: "/slow", HTTP_X_REQUEST_ID: "one" }));
      t.like(parseAnswer(Buffer.from(text, "latin1")), { status: 504, body: GATEWAY_TIMEOUT });
      t.is(how, "end");
      t.deepEqual(reasons.map(errorCode), ["UWSGI_HARAKIRI"]);
      t.like(server.seen.errors.all, [
        {
          requestId: "one",
          outcome: "answered",
          status: 504,
          error: { name: "TimeoutError", code: "UWSGI_HARAKIRI" },
          environ: { PATH_INFO: "/slow" },
        },
      ]);
      t.regex(
        String(server.seen.errors.all[0]?.error),
        /: the request has run for \d+ ms, at most 600000 are allowed \(harakiriMs\)$/,
      );
      t.like(server.seen.ends.all, [{ requestId: "one", status: 504, ending: "complete" }]);
      t.is(server.server.counts.harakiri, 1);
      t.is(server.server.runningCount, 0);
    });

    for (const outcome of ["answers", "fails"] as const) {
      test(`a ${name} application that ${outcome} behind its time is not heard, ${kind}`, async (t) => {
        const go = gate<unknown>();
        const late = go.promise.then((error) => {
          if (error !== undefined) throw error;
        });
        await using server = await start(slowApp(name, late).handler, { kind });
        const { text } = await outwait(server);
        t.true(text.endsWith(GATEWAY_TIMEOUT));
        go.open(outcome === "fails" ? new Error("late") : undefined);
        await turns();
        t.like(server.seen, { errors: { all: { length: 1 } }, ends: { all: { length: 1 } } });
      });
    }
  }

  test(`an answer with a length that takes too long is visibly cut, ${kind}`, async (t) => {
    let closed = 0;
    const body = {
      async *[Symbol.asyncIterator]() {
        yield "begun";
        await never;
      },
      close: () => void closed++,
    };
    await using server = await start(() => respond(body, { headers: [["Content-Length", "100"]] }), { kind });
    const { text, how } = await outwait(server, get(), "begun");
    t.true(text.endsWith("\r\n\r\nbegun"), text);
    t.is(how, kind === "tcp" ? "ECONNRESET" : "end");
    t.like(server.seen.errors.all, [{ outcome: "broken-off", status: 200, error: { code: "UWSGI_HARAKIRI" } }]);
    t.like(server.seen.ends.all, [{ status: 200, bodyBytes: 5, ending: "broken-off" }]);
    t.deepEqual([closed, server.server.counts.unsignalled], [1, 0]);
  });

  test(`a 504 gets through although the upload was not read, ${kind}`, async (t) => {
    await using server = await start(() => never, { kind });
    const { text, how } = await outwait(server, post(new Uint8Array(4 * 1024 * 1024)));
    t.true(text.endsWith(GATEWAY_TIMEOUT));
    t.is(how, "end");
  });

  test(`who waits for the body of the request hears why it does not come, ${kind}`, async (t) => {
    const codes: unknown[] = [];
    const read = async ({ body }: AppRequest): Promise<void> => {
      await body.read().catch((error: unknown) => codes.push(errorCode(error)));
    };
    await using server = await start(
      async (request) => {
        await read(request);
        await read(request);
        return respond("late");
      },
      { kind },
    );
    const { text } = await outwait(server, post("", { CONTENT_LENGTH: "10" }));
    t.true(text.endsWith(GATEWAY_TIMEOUT));
    await turns();
    t.deepEqual(codes, ["UWSGI_HARAKIRI", "UWSGI_HARAKIRI"]);
    t.is(server.seen.errors.all.length, 1);
  });

  test(`a connection that was upgraded has no such limit, ${kind}`, async (t) => {
    const upgraded = gate<Duplex>();
    await using server = await start(
      async (request) => {
        await Promise.resolve();
        upgraded.open(request.upgrade() as unknown as Duplex);
        return never;
      },
      { kind, graceMs: 200 },
    );
    using client = await RawClient.connect(server.address);
    await client.send(get());
    const stream = await upgraded.promise;
    stream.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    t.deepEqual(server.server.running(), []);
    pass(server, 2 * LIMIT_MS);
    stream.end("still here");
    t.true(
      Buffer.from((await client.ending).bytes)
        .toString()
        .endsWith("still here"),
    );
    t.deepEqual([server.seen.errors.all, server.server.counts.harakiri], [[], 0]);
  });
}

test("on a unix socket an answer without a length that takes too long is counted as not to be seen", async (t) => {
  const body = async function* (): AsyncGenerator<string> {
    yield "begun";
    await never;
  };
  await using server = await start(() => respond(body()));
  const { text, how } = await outwait(server, get(), "begun");
  t.true(text.endsWith("begun"));
  t.is(how, "end");
  t.like(server.seen.errors.all, [{ outcome: "unsignalled", status: 200 }]);
  t.is(server.server.counts.unsignalled, 1);
});

test("a direct answer whose head was sent is broken off, and nothing more of it is sent", async (t) => {
  const writes: unknown[] = [];
  const go = gate();
  await using server = await start({
    async answer(_, answer) {
      void answer.begin(200, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", 4, "la");
      await go.promise;
      writes.push(answer.isOpen, await answer.write("te")?.catch(errorCode));
      answer.end();
      answer.fail(new Error("late"));
    },
  });
  const { text } = await outwait(server, get(), "la");
  t.true(text.endsWith("\r\n\r\nla"));
  go.open();
  await turns();
  t.deepEqual(writes, [false, "UWSGI_HARAKIRI"]);
  t.like(server.seen.errors.all, [{ outcome: "broken-off" }]);
  t.is(server.seen.errors.all.length, 1);
});

test("the time counts from the packet, for the first and for the last of several", async (t) => {
  await using server = await start(() => never);
  using first = await RawClient.connect(server.address);
  await first.send(get());
  await waiting(server);
  pass(server, LIMIT_MS / 2);
  using second = await RawClient.connect(server.address);
  await second.send(get());
  await waiting(server, 2);
  pass(server, LIMIT_MS / 2 - MARGIN_MS);
  await turns();
  t.is(server.server.runningCount, 2);
  pass(server, 2 * MARGIN_MS);
  await first.until(GATEWAY_TIMEOUT);
  t.is(server.server.runningCount, 1);
  pass(server, LIMIT_MS / 2);
  await second.until(GATEWAY_TIMEOUT);
  t.is(server.server.counts.harakiri, 2);
});

test("time in which the process did not run is not the application's", async (t) => {
  await using server = await start(() => never, { graceMs: 200 });
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await waiting(server);
  const { sweeper } = server.server.requests as unknown as { sweeper: { sweep(elapsedMs: number): void } };
  sweeper.sweep(10 * LIMIT_MS);
  t.is(server.server.runningCount, 1);
});

test("the limit is looked at without anybody's doing, by a clock that no change of the date moves", async (t) => {
  await using server = await start(() => never, { harakiriMs: 20 });
  const { bytes } = await exchange(server.address, get());
  t.is(parseAnswer(bytes).status, 504);
});

test("an answer to HEAD that takes too long is a 504 without a body", async (t) => {
  await using server = await start(() => never);
  const { text } = await outwait(server, get({ REQUEST_METHOD: "HEAD" }));
  t.regex(text, /^HTTP\/1\.1 504 Gateway Timeout\r\n[^]*\r\n\r\n$/);
});

test("a request whose client is gone ends too, and is reported once", async (t) => {
  await using server = await start(() => never, { kind: "tcp" });
  const client = await RawClient.connect(server.address);
  await client.send(get());
  await waiting(server);
  client.socket.resetAndDestroy();
  while (server.server.openConnections > 0) await new Promise(setImmediate);
  t.is(server.server.runningCount, 1);
  pass(server, LIMIT_MS + MARGIN_MS);
  t.like(server.seen.errors.all, [{ outcome: "peer-gone", status: 0, error: { code: "UWSGI_HARAKIRI" } }]);
  t.is(server.server.runningCount, 0);
});

test("the body of a response that comes too late is closed, and what that throws is not heard", async (t) => {
  const go = gate();
  const closed = gate();
  await using server = await start(async () => {
    await go.promise;
    const close = (): void => {
      closed.open();
      throw new Error("nobody hears this");
    };
    return respond({ *[Symbol.iterator]() {}, close });
  });
  await outwait(server);
  go.open();
  await closed.promise;
  await turns();
  t.is(server.seen.errors.all.length, 1);
});

test("work beside an answer has no such limit", async (t) => {
  const work = gate();
  let isDone = false;
  await using server = await start((request) => {
    request.waitUntil(work.promise.then(() => (isDone = true)));
    return respond("ok");
  });
  t.is(parseAnswer((await exchange(server.address, get())).bytes).body, "ok");
  pass(server, 2 * LIMIT_MS);
  work.open();
  await server.server.close();
  t.deepEqual([isDone, server.seen.errors.all], [true, []]);
});

test("work that ends because its request has taken too long is no further error", async (t) => {
  await using server = await start((request) => {
    request.waitUntil(
      new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason))),
    );
    return never;
  });
  await outwait(server);
  await turns();
  t.is(server.seen.errors.all.length, 1);
});

test("a failure that the application reports behind its time is not heard", async (t) => {
  await using server = await start(async (request) => {
    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    request.report(new Error("late"), 500);
    return respond("late", { status: 500 });
  });
  const { text } = await outwait(server);
  await turns();
  t.true(text.startsWith("HTTP/1.1 504 "));
  t.is(server.seen.errors.all.length, 1);
});

test("an answer that was complete in time stays as it is, however long its body takes to close", async (t) => {
  const go = gate();
  const body = { *[Symbol.iterator]() {}, close: () => go.promise };
  await using server = await start(() => respond(body));
  t.is(parseAnswer((await exchange(server.address, get())).bytes).status, 200);
  pass(server, 2 * LIMIT_MS);
  go.open();
  await server.server.close();
  t.deepEqual([server.seen.errors.all, server.server.counts.harakiri], [[], 0]);
});

for (const harakiriMs of [0, -1, 1.5, Number.NaN, "30"] as number[]) {
  test(`harakiriMs ${String(harakiriMs)} (${typeof harakiriMs}) is refused`, (t) => {
    t.throws(() => httpPlugin(() => respond(""), { harakiriMs }), {
      instanceOf: RangeError,
      message: `harakiriMs is ${String(harakiriMs)}, allowed are whole numbers from 1 to 9007199254740991, and Infinity`,
    });
  });
}

test("harakiriMs may be Infinity", async (t) => {
  await using server = await start(() => respond("ok"), { harakiriMs: Number.POSITIVE_INFINITY });
  t.is(parseAnswer((await exchange(server.address, get())).bytes).body, "ok");
});
