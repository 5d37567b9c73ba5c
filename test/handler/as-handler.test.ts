import test from "ava";
import fc from "fast-check";
import { asHandler, type AppRequest, type AppResponse, type DirectHandler } from "../../src/handler/index.ts";
import { httpPlugin } from "../../src/server/index.ts";
import { get, parseAnswer } from "../helpers/raw-client.ts";
import { StubExchange } from "../helpers/stub-exchange.ts";
import { gate } from "../helpers/test-server.ts";
import { concat, latin1 } from "../helpers/wire.ts";

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";

/** A request that notes what is logged; nothing else of it is used. */
function requestWith(logged: string[] = []): AppRequest {
  return { log: (text: string) => logged.push(text) } as unknown as AppRequest;
}

/** The chunks of a response body, as one string of latin-1. */
async function textOf({ body }: AppResponse): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of body === null || typeof body === "string" || body instanceof Uint8Array
    ? [body ?? ""]
    : body) {
    parts.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  }
  return Buffer.from(concat(parts)).toString("latin1");
}

async function iteratorOf(response: AppResponse | Promise<AppResponse>): Promise<AsyncGenerator<Uint8Array | string>> {
  const { body } = await response;
  return (body as AsyncIterable<Uint8Array | string>)[Symbol.asyncIterator]() as AsyncGenerator<Uint8Array | string>;
}

test("an answer that is whole in one turn is one chunk, and there at once", (t) => {
  const handler = asHandler({
    answer: (_, answer) => {
      void answer.begin(200, HEAD, undefined, "a");
      void answer.write(latin1("b"));
      answer.end();
    },
  });
  t.deepEqual(handler(requestWith()) as AppResponse, {
    status: 200,
    reason: "OK",
    headers: [["Content-Type", "text/plain"]],
    body: latin1("ab"),
  });
});

test("an answer that is whole in a later turn is one chunk too", async (t) => {
  const handler = asHandler({
    answer: async (_, answer) => {
      await Promise.resolve();
      void answer.begin(200, HEAD, undefined, "a");
      answer.end();
    },
  });
  t.is((await handler(requestWith())).body, "a");
});

test("an answer without a body has the body null, to which no length is added where there must be none", (t) => {
  const handler = asHandler({
    answer: (_, answer) => {
      void answer.begin(304, "HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", undefined);
      answer.end();
    },
  });
  t.is((handler(requestWith()) as AppResponse).body, null);
});

test("a write waits until its chunk has been taken", async (t) => {
  const seen: string[] = [];
  const response = asHandler({
    answer: async (_, answer) => {
      await answer.begin(200, HEAD, undefined, "first");
      seen.push("first was taken");
      await answer.write("second");
      answer.end();
    },
  })(requestWith());
  const body = await iteratorOf(response);
  t.deepEqual(seen, []);
  t.is((await body.next()).value, "first");
  t.is((await body.next()).value, "second");
  t.deepEqual(seen, ["first was taken"]);
});

test("a head that was begun goes out though its body takes its time, as by the direct way", async (t) => {
  const go = gate();
  const exchange = new StubExchange(get());
  const answering = httpPlugin(
    asHandler({
      answer: async (_, answer) => {
        void answer.begin(200, HEAD, undefined);
        await go.promise;
        answer.end();
      },
    }),
  ).answer(exchange);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  t.deepEqual(exchange.writes, [[HEAD]]);
  go.open();
  await answering;
});

test("a write for which a reader waits need not wait", async (t) => {
  const go = gate();
  let room: Promise<void> | undefined = Promise.resolve();
  const body = await iteratorOf(
    asHandler({
      answer: async (_, answer) => {
        void answer.begin(200, HEAD, undefined);
        await go.promise;
        room = answer.write("x");
      },
    })(requestWith()),
  );
  const next = body.next();
  go.open();
  t.is((await next).value, "x");
  t.is<unknown, undefined>(room, undefined);
});

test("text of an answer is latin-1: beyond ASCII it goes on as its bytes", async (t) => {
  const response = await asHandler({
    answer: (_, answer) => {
      void answer.begin(200, HEAD, undefined, "caf\u00e9");
      answer.end();
    },
  })(requestWith());
  t.is(await textOf(response), "caf\u00e9");
});

test("a failure before the head rejects with what failed", async (t) => {
  const error = new Error("no");
  await t.throwsAsync(async () => await asHandler({ answer: (_, answer) => answer.fail(error) })(requestWith()), {
    is: error,
  });
});

test("a direct handler that rejects has failed", async (t) => {
  const error = new Error("no");
  await t.throwsAsync(async () => await asHandler({ answer: () => Promise.reject(error) })(requestWith()), {
    is: error,
  });
});

test("a failure behind the head is thrown by the stream, behind what was written", async (t) => {
  const body = await iteratorOf(
    asHandler({
      answer: (_, answer) => {
        void answer.begin(200, HEAD, undefined, "x");
        answer.fail(new Error("broke"));
      },
    })(requestWith()),
  );
  t.is((await body.next()).value, "x");
  await t.throwsAsync(body.next(), { message: "broke" });
  t.true((await body.next()).done);
});

test("a failure behind the end goes to the log", async (t) => {
  const logged: string[] = [];
  await asHandler({
    answer: (_, answer) => {
      void answer.begin(200, HEAD, undefined);
      answer.end();
      answer.fail(new Error("late"));
    },
  })(requestWith(logged));
  t.is(logged.length, 1);
  t.regex(logged[0] ?? "", /^failed behind its answer: Error: late/);
});

test("for a reader who leaves nothing is open any more, and writes reject", async (t) => {
  let answerOf: Parameters<DirectHandler["answer"]>[1] | undefined;
  const body = await iteratorOf(
    asHandler({
      answer: (_, answer) => {
        answerOf = answer;
        void answer.begin(200, HEAD, undefined);
      },
    })(requestWith()),
  );
  const waiting = answerOf?.write("x");
  t.true(answerOf?.isOpen);
  await body.return(undefined);
  t.false(answerOf?.isOpen);
  await t.throwsAsync(async () => await waiting, { code: "UWSGI_PEER_GONE" });
  await t.throwsAsync(async () => await answerOf?.write("y"), { code: "UWSGI_PEER_GONE" });
});

test("what fails because the reader has left is not logged", async (t) => {
  const logged: string[] = [];
  const ended = gate();
  const body = await iteratorOf(
    asHandler({
      answer: async (_, answer) => {
        try {
          await answer.begin(200, HEAD, undefined, "x");
        } catch (error) {
          answer.fail(error);
          ended.open();
        }
      },
    })(requestWith(logged)),
  );
  await body.return(undefined);
  await ended.promise;
  t.deepEqual(logged, []);
});

for (const [about, head, length] of [
  ["of the CGI form", "Status: 200 OK\r\n\r\n", undefined],
  ["with another status than it was begun with", "HTTP/1.1 201 Created\r\n\r\n", undefined],
  ["with bytes behind it", `${HEAD}x`, undefined],
  ["without an empty line", "HTTP/1.1 200 OK\r\n", undefined],
  ["with a folded header", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", undefined],
  ["beyond latin-1", "HTTP/1.1 200 OK\r\nA: \u20ac\r\n\r\n", undefined],
  ["without the length that it was begun with", HEAD, 3],
  ["with another length than it was begun with", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", 3],
] as const) {
  test(`a head ${about} is an error of the application`, async (t) => {
    const handler = asHandler({
      answer: (_, answer) => {
        void answer.begin(200, head, length);
      },
    });
    await t.throwsAsync(async () => await handler(requestWith()), { code: "UWSGI_APP_CONTRACT" });
  });
}

for (const [about, misuse] of [
  ["an end without a head", (answer) => answer.end()],
  ["a body without a head", (answer) => void answer.write("x")],
  [
    "a second head",
    (answer) => {
      void answer.begin(200, HEAD, undefined);
      void answer.begin(200, HEAD, undefined);
    },
  ],
  ["a status below 200", (answer) => void answer.begin(100, "HTTP/1.1 100 Continue\r\n\r\n", undefined)],
] as readonly (readonly [string, (answer: Parameters<DirectHandler["answer"]>[1]) => void])[]) {
  test(`${about} is an error of the application`, async (t) => {
    const handler = asHandler({ answer: (_, direct) => misuse(direct) });
    await t.throwsAsync(async () => await textOf(await handler(requestWith())), { code: "UWSGI_APP_CONTRACT" });
  });
}

test("an upgrade answers with 101, and the request is the application's own but for that", async (t) => {
  const stream = {};
  const environ = { REQUEST_METHOD: "GET" };
  const given = { environ, body: {}, signal: {}, id: "7", upgrade: () => stream, waitUntil: () => {} };
  const seen: unknown[] = [];
  const response = await asHandler({
    answer: async (request) => {
      await Promise.resolve();
      seen.push(request.environ, request.body, request.signal, request.id, request.upgrade());
    },
  })(given as unknown as AppRequest);
  t.is(response.status, 101);
  t.deepEqual(seen, [environ, given.body, given.signal, "7", stream]);
});

test("a failure behind an upgrade destroys the stream, and goes to the log", async (t) => {
  const logged: string[] = [];
  let isDestroyed = false;
  const stream = { destroy: () => (isDestroyed = true) };
  const given = { ...requestWith(logged), upgrade: () => stream };
  const failed = gate();
  await asHandler({
    answer: async (request, answer) => {
      request.upgrade();
      await Promise.resolve();
      answer.fail(new Error("late"));
      failed.open();
    },
  })(given as unknown as AppRequest);
  await failed.promise;
  t.true(isDestroyed);
  t.is(logged.length, 1);
});

// The same bytes, by either way

interface Step {
  readonly kind: "text" | "bytes";
  readonly data: readonly number[];
  /** What is waited for behind the write. */
  readonly wait: "nothing" | "room" | "a turn";
}

interface Script {
  readonly steps: readonly Step[];
  readonly isFirstWithHead: boolean;
  readonly isWithLength: boolean;
  readonly startsLater: boolean;
}

const step = fc.record({
  kind: fc.constantFrom("text" as const, "bytes" as const),
  data: fc.array(fc.nat(255), { maxLength: 20 }),
  wait: fc.constantFrom("nothing" as const, "room" as const, "a turn" as const),
});

const script: fc.Arbitrary<Script> = fc.record({
  steps: fc.array(step, { maxLength: 5 }),
  isFirstWithHead: fc.boolean(),
  isWithLength: fc.boolean(),
  startsLater: fc.boolean(),
});

function play({ steps, isFirstWithHead, isWithLength, startsLater }: Script): DirectHandler {
  const size = steps.reduce((sum, { data }) => sum + data.length, 0);
  const head = `HTTP/1.1 203 Some\u00e9 reason\r\nX-A: 1\r\nX-A: \u00e9\r\n${isWithLength ? `Content-Length: ${size}\r\n` : ""}\r\n`;
  return {
    answer: async (_, answer) => {
      if (startsLater) await new Promise(setImmediate);
      const length = isWithLength ? size : undefined;
      const [first, ...rest] = steps;
      if (!isFirstWithHead || first === undefined) await settle("nothing", answer.begin(203, head, length));
      else await settle(first.wait, answer.begin(203, head, length, chunkOf(first)));
      for (const each of isFirstWithHead ? rest : steps) await settle(each.wait, answer.write(chunkOf(each)));
      answer.end();
    },
  };
}

function chunkOf({ kind, data }: Step): Uint8Array | string {
  return kind === "text" ? String.fromCharCode(...data) : Uint8Array.from(data);
}

async function settle(wait: Step["wait"], room: Promise<void> | undefined): Promise<void> {
  if (wait === "room") await room;
  if (wait === "a turn") await new Promise(setImmediate);
}

async function bytesOf(handler: Parameters<typeof httpPlugin>[0]): Promise<Uint8Array> {
  const exchange = new StubExchange(get());
  await httpPlugin(handler).answer(exchange);
  return concat(exchange.writes.flat().map((piece) => (typeof piece === "string" ? latin1(piece) : piece)));
}

test("the answer is the same by either way, but for a length that a whole body may get", async (t) => {
  await fc.assert(
    fc.asyncProperty(script, async (made) => {
      const direct = parseAnswer(await bytesOf(play(made)));
      const handled = parseAnswer(await bytesOf(asHandler(play(made))));
      const added = ["content-length", String(direct.body.length)] as const;
      const isAdded = !made.isWithLength && handled.headers.length > direct.headers.length;
      t.deepEqual(handled, { ...direct, headers: isAdded ? [...direct.headers, added] : direct.headers });
    }),
    { numRuns: 300 },
  );
});
