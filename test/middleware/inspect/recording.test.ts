import { once } from "node:events";
import test from "ava";
import { type Handler, titled } from "../../../src/handler/index.ts";
import { fetchHandler, nodeHandler, wsgi } from "../../../src/app/index.ts";
import { asHandler } from "../../../src/handler/index.ts";
import { HandClock, Inspected, NOON, ok, waiting } from "./helpers.ts";

async function* pieces(): AsyncGenerator<string, void> {
  yield "one ";
  yield "two";
}

const applications: Readonly<Record<string, Handler>> = {
  wsgi: wsgi(async (environ, startResponse) => {
    await environ["wsgi.input"].read();
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    return pieces();
  }),
  node: asHandler(
    nodeHandler(async (req, res) => {
      for await (const _ of req);
      res.writeHead(200, { "Content-Type": "text/plain" });
      for await (const piece of pieces()) res.write(piece);
      res.end();
    }),
  ),
  fetch: fetchHandler(async (request) => {
    await request.text();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    void (async () => {
      const writer = writable.getWriter();
      for await (const piece of pieces()) await writer.write(Buffer.from(piece));
      await writer.close();
    })();
    return new Response(readable, { headers: { "Content-Type": "text/plain" } });
  }),
};

for (const [name, application] of Object.entries(applications)) {
  test(`an exchange of a ${name} application is recorded, with the sizes of its bodies`, async (t) => {
    const inspected = new Inspected(application);
    const answer = await inspected.ask({ path: "/a?b=c", body: "12345", headers: { "X-Request-ID": "mine" } });
    t.is(answer.text(), "one two");
    t.like(await inspected.detail(1), {
      number: 1,
      id: "mine",
      method: "POST",
      target: "/a?b=c",
      client: "127.0.0.1",
      status: 200,
      ending: "complete",
      requestLength: 5,
      requestBytes: 5,
      responseBytes: 7,
      requestBody: null,
      responseBody: null,
      faults: [],
    });
  });
}

test("times are those until the head, of each layer, and until the end of the body", async (t) => {
  const clock = new HandClock();
  const slow: Handler = () => {
    clock.ms += 3;
    return ok(
      (async function* () {
        clock.ms += 100;
        yield "x";
      })(),
    );
  };
  const options = { development: true, clock: clock.clock, now: clock.now };
  const inspected = new Inspected(slow, options, [waiting("session", clock, 1)]);
  await inspected.ask("/");
  t.like(await inspected.detail(1), {
    at: new Date(NOON).toISOString(),
    headMs: 5,
    endMs: 105,
    layers: [
      { title: "session", ownMs: 2, totalMs: 5 },
      { title: "application", ownMs: 3, totalMs: 3 },
    ],
  });
});

test("the environ is recorded as it came, whatever the layers below make of it", async (t) => {
  const inspected = new Inspected((request) => {
    request.environ.REQUEST_METHOD = "PUT";
    request.environ["HTTP_X_OWN"] = "changed";
    request.environ.REQUEST_URI = "/other";
    return ok();
  });
  await inspected.ask({ path: "/here", headers: { "X-Own": "came" } });
  const { method, target, requestHeaders } = await inspected.detail(1);
  t.deepEqual([method, target, requestHeaders[1]], ["GET", "/here", ["x-own", "came"]]);
});

test("an exchange is seen while it goes on", async (t) => {
  let release = (): void => {};
  const inspected = new Inspected(
    () =>
      new Promise((resolve) => {
        release = () => resolve(ok());
      }),
  );
  const answer = inspected.ask("/waits");
  t.like(
    await (async () => {
      let [first] = await inspected.list();
      while (first === undefined) [first] = await inspected.list();
      return first;
    })(),
    { target: "/waits", status: null, ending: "going", headMs: null, endMs: null },
  );
  release();
  await answer;
  t.is((await inspected.list())[0]?.ending, "complete");
});

test("a failure before the head is recorded, and goes on", async (t) => {
  const inspected = new Inspected(() => {
    throw new TypeError("planted");
  });
  const { status, errors } = await inspected.ask("/");
  t.deepEqual([status, errors.length], [500, 1]);
  t.like(await inspected.detail(1), { ending: "failed", failure: "TypeError: planted", status: null });
});

test("a failure behind the head is recorded, and goes on", async (t) => {
  const inspected = new Inspected(async () =>
    ok(
      (async function* () {
        yield "begun";
        throw new Error("planted");
      })(),
    ),
  );
  t.false((await inspected.ask("/")).isComplete);
  t.like(await inspected.detail(1), { ending: "failed", failure: "Error: planted", status: 200, responseBytes: 5 });
});

test("a failure that a layer below answers is recorded with its answer", async (t) => {
  const answering = titled("errors", (next) => async (request) => {
    try {
      return await next(request);
    } catch (error) {
      request.report(error, 503);
      return { ...ok("sorry"), status: 503 };
    }
  });
  const failing: Handler = () => {
    throw new Error("planted");
  };
  const inspected = new Inspected(failing, undefined, [answering]);
  t.is((await inspected.ask("/")).errors.length, 1);
  t.like(await inspected.detail(1), { ending: "complete", failure: "Error: planted", status: 503 });
});

test("what is thrown may be anything", async (t) => {
  const inspected = new Inspected(() => {
    throw Object.create(null) as Error;
  });
  await inspected.ask("/");
  t.is((await inspected.detail(1)).failure, "object");
});

test("a client that leaves a stream is recorded, and the stream closed once", async (t) => {
  let closed = 0;
  const endless = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: false as const, value: "x" }) }),
    close: () => {
      closed++;
    },
  };
  const inspected = new Inspected(() => ok(endless));
  const answer = await inspected.stream("/");
  await answer.read();
  await answer.leave();
  t.is(closed, 1);
  t.like(await inspected.detail(1), { ending: "left", failure: null });
});

test("a stream that fails because its client has left is no failure", async (t) => {
  const inspected = new Inspected(({ signal }) =>
    ok(
      (async function* () {
        yield "begun";
        if (!signal.aborted) await once(signal, "abort");
        throw signal.reason as Error;
      })(),
    ),
  );
  const answer = await inspected.stream("/");
  await answer.read();
  await answer.leave();
  t.like(await inspected.detail(1), { ending: "left", failure: null });
});

test("a client that leaves before the head is recorded", async (t) => {
  const leave = new AbortController();
  const inspected = new Inspected(async ({ signal }) => {
    queueMicrotask(() => leave.abort());
    if (!signal.aborted) await once(signal, "abort");
    signal.throwIfAborted();
    return ok();
  });
  await t.throwsAsync(inspected.ask({ path: "/", signal: leave.signal }), { any: true });
  t.like(await inspected.detail(1), { ending: "left", status: null });
});

test("an answer to HEAD is complete, and its body is closed unread", async (t) => {
  const done: string[] = [];
  const body = {
    [Symbol.asyncIterator]: () => {
      done.push("iterated");
      return pieces();
    },
    close: () => {
      done.push("closed");
    },
  };
  const inspected = new Inspected(() => ok(body));
  await inspected.ask({ method: "HEAD" });
  t.deepEqual(done, ["closed"]);
  t.like(await inspected.detail(1), { ending: "complete", responseBytes: 0, faults: [] });
});

for (const [what, body, bytes] of [
  ["text", "é", 2],
  ["bytes", new Uint8Array(3), 3],
  ["a list", ["ab", new Uint8Array(3)], 5],
  ["nothing", null, 0],
] as const) {
  test(`a body of ${what} goes on as it is, and is counted`, async (t) => {
    let seen: unknown;
    const inspected = new Inspected(() => ok(body as string));
    const outer = new Inspected(async (request) => {
      const response = await inspected.handler(request);
      seen = response.body;
      return response;
    }, {});
    await outer.ask("/");
    t.is(seen, body);
    t.is((await inspected.detail(1)).responseBytes, bytes);
  });
}

test("an iterable of chunks that are there is still asked without waiting", async (t) => {
  const inspected = new Inspected(() => ok(new Set(["a", "b"])));
  let isSync = false;
  const outer = new Inspected(async (request) => {
    const response = await inspected.handler(request);
    isSync = Symbol.iterator in (response.body as object);
    return response;
  }, {});
  t.is((await outer.ask("/")).text(), "ab");
  t.true(isSync);
  t.is((await inspected.detail(1)).responseBytes, 2);
});

test("what is no response goes on to who says so", async (t) => {
  const inspected = new Inspected((() => "no response") as unknown as Handler);
  const { status, errors } = await inspected.ask("/");
  t.is(status, 500);
  t.regex(String(errors[0]), /did not return a response/);
  t.like(await inspected.detail(1), { ending: "failed", failure: "what was answered is no response" });
});

test("the last so many exchanges are kept, the newest first", async (t) => {
  const inspected = new Inspected(() => ok(), { development: true, records: 3 });
  for (let i = 1; i <= 5; i++) await inspected.ask(`/${i}`);
  t.deepEqual(
    (await inspected.list()).map(({ number, target }) => `${number} ${target}`),
    ["5 /5", "4 /4", "3 /3"],
  );
  t.is((await inspected.ask("/__inspect/2")).status, 404);
});

test("what is kept of an exchange is bounded", async (t) => {
  const inspected = new Inspected(
    async (request) => {
      await request.body.read();
      return ok(
        "y".repeat(5_000),
        Array.from({ length: 100 }, (_, i) => [`X-${i}`, "z".repeat(2_000)] as const),
      );
    },
    { development: true, bodyBytes: 10 },
  );
  await inspected.ask({ body: "x".repeat(5_000) });
  const { requestBody, responseBody, responseHeaders, requestBytes, responseBytes } = await inspected.detail(1);
  t.deepEqual(
    [requestBody, responseBody],
    [
      { text: "x".repeat(10), isWhole: false },
      { text: "y".repeat(10), isWhole: false },
    ],
  );
  t.deepEqual([requestBytes, responseBytes], [5_000, 5_000]);
  t.true(JSON.stringify(responseHeaders).length < 40_000);
});

test("a body that is kept is a copy", async (t) => {
  const inspected = new Inspected(
    async (request) => {
      const chunk = await request.body.read();
      chunk?.fill(0x21);
      return ok();
    },
    { development: true, bodyBytes: 10 },
  );
  await inspected.ask({ body: "came" });
  t.is((await inspected.detail(1)).requestBody?.text, "came");
});

test("bytes that are no text are shown in base64, and a cut character is left out", async (t) => {
  const bodies = [Uint8Array.of(0xff, 0xfe), "aé"];
  const inspected = new Inspected(() => ok(bodies.shift() ?? ""), { development: true, bodyBytes: 2 });
  await inspected.ask("/");
  await inspected.ask("/");
  t.deepEqual((await inspected.detail(1)).responseBody, { base64: "//4=", isWhole: true });
  t.deepEqual((await inspected.detail(2)).responseBody, { text: "a", isWhole: false });
});
