/** What a `DirectHandler` may do with its answer, and what the front end and the logs are told of it. */
import test, { type ExecutionContext } from "ava";
import { exchangeEnd, type ExchangeEnd, exchangeError, type ExchangeError } from "../../src/diagnostics.ts";
import type { AppRequest, DirectAnswer, DirectHandler } from "../../src/handler/index.ts";
import { httpPlugin } from "../../src/server/index.ts";
import { until } from "../helpers/measure.ts";
import { ask, exchange, get, parseAnswer, post, RawClient } from "../helpers/raw-client.ts";
import { StubExchange } from "../helpers/stub-exchange.ts";
import { bothKinds } from "../helpers/target.ts";
import { gate, startServer, type TestServerOptions, watch } from "../helpers/test-server.ts";
import { carriers } from "../helpers/transport-pair.ts";
import { latin1 } from "../helpers/wire.ts";

const OPEN = "HTTP/1.1 200 OK\r\n\r\n";
const LARGE = new Uint8Array(8 * 1_048_576).fill(0x78);

function headOf(length: number, status = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${length}\r\n\r\n`;
}

function direct(answer: (answer: DirectAnswer, request: AppRequest) => void | PromiseLike<void>): DirectHandler {
  return { answer: (request, given) => answer(given, request) };
}

interface Stubbed {
  readonly exchange: StubExchange;
  readonly ends: readonly ExchangeEnd[];
  readonly errors: readonly ExchangeError[];
  /** What the plugin answered. */
  readonly answered: unknown;
  readonly text: string;
}

/** Lets a handler answer on an exchange without a connection. */
async function answerOn(
  answer: (answer: DirectAnswer, on: StubExchange) => void | PromiseLike<void>,
  { vars = {}, room }: { vars?: Record<string, string>; room?: Promise<void> } = {},
): Promise<Stubbed> {
  const on = new StubExchange(get(vars));
  on.room = room;
  const { ends, errors, stop } = watch(on.server);
  const answered = httpPlugin(direct((given) => answer(given, on))).answer(on);
  await answered;
  stop();
  const text = on.writes.flat().map((piece) => Buffer.from(piece as string, "latin1").toString("latin1"));
  return { exchange: on, ends: ends.all, errors: errors.all, answered, text: text.join("") };
}

test("an answer that is begun and ended in one turn is one write, and no promise is made", async (t) => {
  const { exchange: on, answered } = await answerOn((answer) => {
    t.is(answer.begin(200, headOf(5), 5, "hello"), undefined);
    answer.end();
  });
  t.deepEqual([on.writes, on.calls, answered], [[[`${headOf(5)}hello`]], ["expect 0", "write", "end"], undefined]);
});

test("bytes behind the head go out in the same write as the head", async (t) => {
  const bytes = latin1("hello");
  const { exchange: on } = await answerOn((answer) => {
    void answer.begin(200, headOf(5), 5, bytes);
    answer.end();
  });
  t.deepEqual(on.writes, [[headOf(5), bytes]]);
});

test("an answer is reported once, with its status and its bytes without the head", async (t) => {
  const { ends } = await answerOn((answer) => {
    void answer.begin(404, headOf(5, "404 Not Found"), 5, "he");
    void answer.write("llo");
    answer.end();
    answer.end();
  });
  t.is(ends.length, 1);
  t.like(ends[0], { status: 404, bodyBytes: 5, ending: "complete" });
});

test("what is written beyond the announced length is cut, and logged once", async (t) => {
  const { text, errors, ends } = await answerOn((answer) => {
    void answer.begin(200, headOf(4), 4, "abc");
    void answer.write("def");
    void answer.write("ghi");
    answer.end();
  });
  t.is(text, `${headOf(4)}abcd`);
  t.deepEqual(
    errors.map(({ outcome, error }) => [outcome, (error as Error).message]),
    [["complete", "the body is longer than its Content-Length of 4 bytes, the rest was cut"]],
  );
  t.like(ends, [{ status: 200, bodyBytes: 4, ending: "complete" }]);
});

test("an answer that ends before what it announced is broken off", async (t) => {
  const {
    exchange: on,
    errors,
    ends,
  } = await answerOn((answer) => {
    void answer.begin(200, headOf(9), 9, "abc");
    answer.end();
  });
  t.deepEqual(on.calls, ["expect 0", "write", "abort"]);
  t.like(errors, [{ outcome: "broken-off", status: 200, error: { code: "UWSGI_APP_CONTRACT" } }]);
  t.like(ends, [{ status: 200, bodyBytes: 3, ending: "broken-off" }]);
});

for (const [about, method, status] of [
  ["HEAD", "HEAD", 200],
  ["204", "GET", 204],
  ["304", "GET", 304],
] as const) {
  test(`of an answer to ${about} only the head is sent, whatever it announces`, async (t) => {
    const head = headOf(9, `${status} X`);
    const { text, errors, ends } = await answerOn(
      (answer) => {
        void answer.begin(status, head, 9, "abc");
        void answer.write("def");
        answer.end();
      },
      { vars: { REQUEST_METHOD: method } },
    );
    t.is(text, head);
    t.deepEqual(errors, []);
    t.like(ends, [{ status, bodyBytes: 0, ending: "complete" }]);
  });
}

for (const status of [101, 199, 1_000, Number.NaN]) {
  test(`a head with the status ${status} is refused, and answered with a 500`, async (t) => {
    const { text, errors } = await answerOn((answer) => void answer.begin(status, OPEN, undefined));
    t.regex(text, /^HTTP\/1\.1 500 /);
    t.like(errors, [{ outcome: "answered", error: { code: "UWSGI_APP_CONTRACT" } }]);
  });
}

test("a second head is refused", async (t) => {
  const { text } = await answerOn((answer) => {
    void answer.begin(200, OPEN, undefined, "a");
    t.throws(() => answer.begin(200, OPEN, undefined), { code: "UWSGI_APP_CONTRACT" });
    answer.end();
  });
  t.is(text, `${OPEN}a`);
});

test("bytes before the head are refused, and a head can still come", async (t) => {
  const { text } = await answerOn((answer) => {
    t.throws(() => answer.write("a"), { code: "UWSGI_APP_CONTRACT" });
    void answer.begin(200, OPEN, undefined);
    answer.end();
  });
  t.is(text, OPEN);
});

test("an end without a head is a failure, answered with a 500", async (t) => {
  const { text, errors, ends } = await answerOn((answer) => answer.end());
  t.regex(text, /^HTTP\/1\.1 500 /);
  t.like(errors, [{ outcome: "answered", status: 500 }]);
  t.like(ends, [{ status: 500, ending: "complete" }]);
});

for (const [about, handler] of [
  ["it fails", (answer: DirectAnswer) => answer.fail(new Error("boom"))],
  [
    "it throws",
    () => {
      throw new Error("boom");
    },
  ],
  ["it rejects", () => Promise.reject(new Error("boom"))],
] as const) {
  test(`before the head, when ${about}, the answer is a 500`, async (t) => {
    const { text, errors, ends } = await answerOn(handler);
    t.regex(text, /^HTTP\/1\.1 500 /);
    t.like(errors, [{ outcome: "answered", status: 500, error: { message: "boom" } }]);
    t.like(ends, [{ status: 500, ending: "complete" }]);
  });

  test(`behind the head, when ${about}, the answer is broken off`, async (t) => {
    const {
      exchange: on,
      errors,
      ends,
    } = await answerOn((answer) => {
      void answer.begin(200, OPEN, undefined, "a");
      return handler(answer);
    });
    t.deepEqual(on.calls, ["expect 0", "write", "abort"]);
    t.like(errors, [{ outcome: "broken-off", status: 200, error: { message: "boom" } }]);
    t.like(ends, [{ status: 200, bodyBytes: 1, ending: "broken-off" }]);
  });

  test(`behind the end, when ${about}, it is logged and nothing else`, async (t) => {
    const errors: ExchangeError[] = [];
    const failed = gate();
    const on = new StubExchange(get());
    const tell = (message: ExchangeError): void => {
      if (message.server !== on.server) return;
      errors.push(message);
      failed.open();
    };
    exchangeError.subscribe(tell);
    void httpPlugin(
      direct((answer) => {
        void answer.begin(200, OPEN, undefined, "a");
        answer.end();
        return handler(answer);
      }),
    ).answer(on);
    await failed.promise;
    exchangeError.unsubscribe(tell);
    t.deepEqual(on.calls, ["expect 0", "write", "end"]);
    t.like(errors, [{ outcome: "complete", status: 200, error: { message: "boom" } }]);
    t.is(errors.length, 1);
  });
}

test("a second failure is logged, and answered nothing", async (t) => {
  const {
    exchange: on,
    errors,
    ends,
  } = await answerOn((answer) => {
    answer.fail(new Error("first"));
    answer.fail(new Error("second"));
  });
  t.deepEqual([on.calls, ends.length], [["expect 0", "write", "end"], 1]);
  t.deepEqual(errors.map(({ error }) => (error as Error).message).sort(), ["first", "second"]);
});

test("an answer is open until its end, and not behind a failure", async (t) => {
  const open: boolean[] = [];
  await answerOn((answer) => {
    open.push(answer.isOpen);
    void answer.begin(200, OPEN, undefined);
    open.push(answer.isOpen);
    answer.end();
    open.push(answer.isOpen);
  });
  await answerOn((answer) => {
    answer.fail(new Error("boom"));
    open.push(answer.isOpen);
  });
  t.deepEqual(open, [true, true, false, false]);
});

test("a write behind the end rejects, sends nothing and counts for nothing", async (t) => {
  const given = gate<DirectAnswer>();
  const { text, ends } = await answerOn((answer) => {
    void answer.begin(200, OPEN, undefined, "a");
    answer.end();
    given.open(answer);
  });
  const answer = await given.promise;
  await t.throwsAsync(async () => await answer.write("b"), { code: "UWSGI_PEER_GONE" });
  t.is(text, `${OPEN}a`);
  t.like(ends, [{ bodyBytes: 1 }]);
});

test("an empty chunk sends nothing", async (t) => {
  const { exchange: on } = await answerOn((answer) => {
    void answer.begin(200, OPEN, undefined);
    t.is(answer.write(""), undefined);
    t.is(answer.write(new Uint8Array(0)), undefined);
    answer.end();
  });
  t.deepEqual(on.writes, [[OPEN]]);
});

test("while there is no room the answer is not ended, and nothing more is taken", async (t) => {
  const room = gate();
  const calls: string[][] = [];
  const { exchange: on } = await answerOn(
    async (answer, given) => {
      const writing = answer.begin(200, OPEN, undefined, "a");
      answer.end();
      calls.push([...given.calls]);
      t.false(answer.isOpen);
      await t.throwsAsync(async () => await answer.write("b"), { code: "UWSGI_PEER_GONE" });
      room.open();
      await writing;
    },
    { room: room.promise },
  );
  t.deepEqual([calls, on.calls], [[["expect 0", "write"]], ["expect 0", "write", "end"]]);
});

test("a failure while the whole answer waits for room does not take the answer with it", async (t) => {
  const room = gate();
  const { exchange: on, errors } = await answerOn(
    (answer) => {
      void answer.begin(200, OPEN, undefined, "a");
      answer.end();
      answer.fail(new Error("boom"));
      room.open();
    },
    { room: room.promise },
  );
  t.deepEqual(on.calls, ["expect 0", "write", "end"]);
  t.like(errors, [{ outcome: "complete", error: { message: "boom" } }]);
});

test("a long text is not copied behind its head", async (t) => {
  const text = "x".repeat(16_385);
  const { exchange: on } = await answerOn((answer) => {
    void answer.begin(200, OPEN, undefined, text);
    answer.end();
  });
  t.deepEqual(on.writes, [[OPEN, text]]);
});

// Alone: other tests listen.
test.serial("an answer that nobody listened to when it began is not reported", (t) => {
  const reported: unknown[] = [];
  const on = new StubExchange(get());
  const tell = (message: ExchangeEnd): void => {
    if (message.server === on.server) reported.push(message);
  };
  void httpPlugin(
    direct((answer) => {
      exchangeEnd.subscribe(tell);
      void answer.begin(200, OPEN, undefined);
      answer.end();
    }),
  ).answer(on);
  exchangeEnd.unsubscribe(tell);
  t.deepEqual([on.calls.at(-1), reported], ["end", []]);
});

/** Waits until the peer is known to be gone. */
function untilGone({ signal }: AppRequest): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve());
  });
}

for (const transport of carriers) {
  for (const kind of bothKinds) {
    const on = `${transport}, ${kind}`;
    const options: TestServerOptions = { transport, kind };

    test.serial(`an answer arrives as it was written, late and in pieces, ${on}`, async (t) => {
      await using server = await startServer(
        direct((answer) => {
          setImmediate(() => {
            void answer.begin(200, OPEN, undefined);
            setImmediate(() => {
              void answer.write("caf\u00e9 ");
              void answer.write(latin1("and tea"));
              answer.end();
            });
          });
        }),
        options,
      );
      const { bytes, how } = await exchange(server.address, get());
      t.deepEqual([Buffer.from(bytes).toString("latin1"), how], [`${OPEN}caf\u00e9 and tea`, "end"]);
      t.like(await server.seen.ends.at(), { status: 200, bodyBytes: 12, ending: "complete" });
    });

    test.serial(`a write that the peer does not take waits until it does, ${on}`, async (t) => {
      const waiting = gate();
      await using server = await startServer(
        direct(async (answer) => {
          const room = answer.begin(200, headOf(LARGE.length), LARGE.length, LARGE);
          t.true(room instanceof Promise);
          waiting.open();
          await room;
          answer.end();
        }),
        options,
      );
      using client = await RawClient.connect(server.address, { reads: false });
      await client.send(get());
      await waiting.promise;
      client.read();
      const { bytes } = await client.ending;
      t.is(parseAnswer(bytes).body.length, LARGE.length);
      t.like(await server.seen.ends.at(), { bodyBytes: LARGE.length, ending: "complete" });
    });

    test.serial(`a peer that goes before the head is nobody's error, ${on}`, async (t) => {
      const called = gate();
      await using server = await startServer(
        direct(async (answer, request) => {
          called.open();
          await untilGone(request);
          answer.fail(request.signal.reason);
        }),
        options,
      );
      const client = await RawClient.connect(server.address);
      await client.send(get());
      await called.promise;
      client.destroy();
      t.like(await server.seen.ends.at(), { status: 0, bodyBytes: 0, ending: "peer-gone" });
      t.deepEqual(server.seen.errors.all, []);
    });

    test.serial(`a peer that goes within the body ends the answer once, and no write is counted, ${on}`, async (t) => {
      await using server = await startServer(
        direct(async (answer) => {
          void answer.begin(200, OPEN, undefined, LARGE);
          await answer.write(LARGE)?.catch(() => {});
          void answer.write("in vain");
          answer.end();
          answer.end();
        }),
        options,
      );
      const client = await RawClient.connect(server.address, { reads: false });
      await client.send(get());
      client.socket.once("readable", () => client.destroy());
      t.like(await server.seen.ends.at(), { status: 200, bodyBytes: 2 * LARGE.length, ending: "peer-gone" });
      await until(() => server.server.openConnections === 0, 10_000, "no connection is left");
      t.deepEqual([server.seen.ends.all.length, server.seen.errors.all], [1, []]);
    });

    test.serial(`a peer that goes while the whole answer waits for it is seen to be gone, ${on}`, async (t) => {
      await using server = await startServer(
        direct((answer) => {
          void answer.begin(200, headOf(LARGE.length), LARGE.length, LARGE);
          answer.end();
        }),
        options,
      );
      const client = await RawClient.connect(server.address, { reads: false });
      await client.send(get());
      client.socket.once("readable", () => client.destroy());
      t.like(await server.seen.ends.at(), { status: 200, ending: "peer-gone" });
      t.deepEqual(server.seen.errors.all, []);
    });

    test.serial(`an answer that ends too early is broken so that the peer sees it, ${on}`, async (t) => {
      await using server = await startServer(
        direct((answer) => {
          void answer.begin(200, headOf(9), 9, "abc");
          setImmediate(() => answer.end());
        }),
        options,
      );
      const { bytes, how } = await exchange(server.address, get());
      t.true(how === "ECONNRESET" || parseAnswer(bytes).body.length < 9);
      t.like(await server.seen.ends.at(), { status: 200, ending: "broken-off" });
    });

    test.serial(`a body that is too long is a 413, and the handler is not asked, ${on}`, async (t) => {
      await using server = await startServer(
        direct(() => t.fail()),
        { ...options, maxBodyBytes: 3 },
      );
      const answer = await ask(server.address, post("four"));
      t.is(answer.status, 413);
      t.like(await server.seen.ends.at(), { status: 413, ending: "complete" });
      t.like(await server.seen.refused.at(), { status: 413, error: { code: "UWSGI_BODY_LIMIT" } });
      t.deepEqual(server.seen.errors.all, []);
    });

    test.serial(`a body that stops coming, and fails the answer, is a 408, ${on}`, async (t) => {
      await using server = await startServer(
        direct(async (_, request) => {
          while ((await request.body.read()) !== undefined);
        }),
        { ...options, bodyTimeoutMs: 50 },
      );
      using client = await RawClient.connect(server.address);
      await client.send(get({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "9" }), "abc");
      t.is(parseAnswer((await client.ending).bytes).status, 408);
      t.like(await server.seen.ends.at(), { status: 408, ending: "complete" });
      t.deepEqual(server.seen.errors.all, []);
    });

    test.serial(`a server that closes waits for an answer that is still written, ${on}`, async (t) => {
      const called = gate<DirectAnswer>();
      await using server = await startServer(
        direct((answer) => {
          void answer.begin(200, OPEN, undefined, "first ");
          called.open(answer);
        }),
        { ...options, graceMs: 60_000 },
      );
      using client = await RawClient.connect(server.address);
      await client.send(get());
      const answer = await called.promise;
      const closing = server.server.close();
      await new Promise(setImmediate);
      void answer.write("last");
      answer.end();
      t.is(Buffer.from((await client.ending).bytes).toString(), `${OPEN}first last`);
      client.end();
      await closing;
    });

    test.serial(`an answer that the server's close has cut is logged as broken off, ${on}`, async (t) => {
      const called = gate();
      await using server = await startServer(
        direct(async (answer, request) => {
          void answer.begin(200, headOf(9), 9, "first");
          called.open();
          await untilGone(request);
          answer.end();
        }),
        { ...options, graceMs: 50 },
      );
      using client = await RawClient.connect(server.address);
      await client.send(get());
      await called.promise;
      await server.server.close();
      t.like(await server.seen.errors.at(), { outcome: "broken-off", error: { code: "UWSGI_SERVER_CLOSED" } });
      t.like(await server.seen.ends.at(), { status: 200, bodyBytes: 5, ending: "broken-off" });
    });
  }
}

test("rejections of writes that nobody waits for do not end the process", async (t) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  await using server = await startServer(
    direct((answer, request) => {
      void answer.begin(200, OPEN, undefined, LARGE);
      void answer.write(LARGE);
      request.signal.addEventListener("abort", () => {
        void answer.write("in vain");
        answer.fail(request.signal.reason);
        void answer.write("in vain");
      });
    }),
  );
  const client = await RawClient.connect(server.address, { reads: false });
  await client.send(get());
  client.socket.once("readable", () => client.destroy());
  await server.seen.ends.at();
  await settle();
  process.off("unhandledRejection", note);
  t.deepEqual(unhandled, []);
});

/** Node reports an unhandled rejection when its microtasks have run. */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise(setImmediate);
}

test("of a large head there is a warning, as of any other answer", async (t) => {
  const value = "x".repeat(5_000);
  await using server = await startServer(direct(endWith(t, value)));
  await exchange(server.address, get());
  t.true((await server.seen.largeHeads.at()).bytes > 5_000);
});

function endWith(t: ExecutionContext, value: string): (answer: DirectAnswer) => void {
  return (answer) => {
    t.is(answer.begin(200, `HTTP/1.1 200 OK\r\nX-Large: ${value}\r\nContent-Length: 0\r\n\r\n`, 0), undefined);
    answer.end();
  };
}
