/** `AppRequest.upgrade`: what applications may do with it, and what is reported. The stream itself: upgrade.test.ts. */
import type { Duplex } from "node:stream";
import test from "ava";
import type { AppRequest, AppResponse, DirectAnswer, DirectHandler, Handler } from "../../src/handler/index.ts";
import { until } from "../helpers/measure.ts";
import { exchange, get, parseAnswer, RawClient } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { gate, respond, startServer, type TestServer, type TestServerOptions } from "../helpers/test-server.ts";
import { carriers } from "../helpers/transport-pair.ts";

const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n";

function streamOf(request: AppRequest): Duplex {
  return request.upgrade() as unknown as Duplex;
}

/** Takes the connection over, and says so. */
function switchOver(request: AppRequest): Duplex {
  const stream = streamOf(request);
  stream.write(SWITCHING);
  return stream;
}

function direct(answer: (request: AppRequest, answer: DirectAnswer) => void | PromiseLike<void>): DirectHandler {
  return { answer };
}

function untilClosed({ server }: TestServer): Promise<number> {
  return until(() => server.openConnections === 0, 10_000, "no connection is left");
}

/** Both sides close. */
async function talk({ address }: TestServer, behind = ""): Promise<string> {
  using client = await RawClient.connect(address);
  await client.send(get(), behind);
  const { bytes } = await client.ending;
  client.end();
  await client.closed;
  return Buffer.from(bytes).toString("latin1");
}

const closeBody = { close: () => {} };

/** What a handler may answer, or throw, behind its upgrade: its stream is ended by then. */
const behindUpgrade: readonly (readonly [string, Handler | DirectHandler])[] = [
  ["a handler that returns a response", (request) => (switchOver(request).end("raw"), respond("not sent"))],
  [
    "a handler that returns nothing",
    (request) => (switchOver(request).end("raw"), undefined as unknown as AppResponse),
  ],
  [
    "a handler that returns what is no response",
    (request) => (switchOver(request).end("raw"), null as unknown as AppResponse),
  ],
  [
    "an async handler",
    async (request) => {
      await Promise.resolve();
      switchOver(request).end("raw");
      return respond("not sent");
    },
  ],
  ["a direct handler", direct((request) => void switchOver(request).end("raw"))],
  [
    "a direct handler that takes its time",
    direct((request) => void setImmediate(() => switchOver(request).end("raw"))),
  ],
  [
    "an async direct handler",
    direct(async (request) => {
      await Promise.resolve();
      switchOver(request).end("raw");
    }),
  ],
];

for (const [about, handler] of behindUpgrade) {
  test(`of ${about} only what its stream says is sent, and it is reported once, as a 101`, async (t) => {
    await using server = await startServer(handler);
    t.is(await talk(server), `${SWITCHING}raw`);
    t.like(await server.seen.ends.at(), { status: 101, bodyBytes: SWITCHING.length + 3, ending: "complete" });
    await untilClosed(server);
    t.deepEqual([server.seen.ends.all.length, server.seen.errors.all], [1, []]);
  });
}

test("a handler that waits for the end of its stream before it returns is reported all the same", async (t) => {
  await using server = await startServer(async (request) => {
    const stream = switchOver(request);
    const closed = new Promise((resolve) => stream.once("close", resolve));
    stream.end("raw");
    stream.resume();
    await closed;
    return respond("not sent");
  });
  t.is(await talk(server), `${SWITCHING}raw`);
  t.like(await server.seen.ends.at(), { status: 101 });
});

test("the body of a response behind an upgrade is closed, and not sent", async (t) => {
  const closed = gate();
  await using server = await startServer((request) => {
    switchOver(request).end("raw");
    return respond(Object.assign(["not sent"], { ...closeBody, close: () => closed.open() }));
  });
  t.is(await talk(server), `${SWITCHING}raw`);
  await closed.promise;
});

for (const [about, handler] of [
  [
    "a handler throws",
    (request) => {
      switchOver(request);
      throw new Error("boom");
    },
  ],
  [
    "a handler rejects",
    async (request) => {
      switchOver(request);
      await Promise.resolve();
      throw new Error("boom");
    },
  ],
  [
    "a direct handler throws",
    direct((request) => {
      switchOver(request);
      throw new Error("boom");
    }),
  ],
  [
    "a direct handler fails",
    direct((request, answer) => {
      switchOver(request);
      answer.fail(new Error("boom"));
    }),
  ],
] as readonly (readonly [string, Handler | DirectHandler])[]) {
  test(`when ${about} behind the upgrade, it is logged and the stream is destroyed`, async (t) => {
    await using server = await startServer(handler);
    await exchange(server.address, get());
    t.like(await server.seen.errors.at(), { outcome: "complete", error: { message: "boom" } });
    t.is((await server.seen.ends.at()).status, 101);
    await untilClosed(server);
    t.deepEqual([server.seen.ends.all.length, server.seen.errors.all.length], [1, 1]);
  });
}

test("an upgrade that is refused on its stream is reported with the status that it was refused with", async (t) => {
  await using server = await startServer(
    direct((request) => {
      const stream = streamOf(request);
      // In pieces: a status line need not come as one.
      for (const piece of ["HTTP/1", ".1 426 Upgrade", " Required\r\n\r\n"]) stream.write(piece);
      stream.end();
    }),
  );
  t.is(await talk(server), "HTTP/1.1 426 Upgrade Required\r\n\r\n");
  t.is((await server.seen.ends.at()).status, 426);
});

test("a stream that was refused, and is never read, is reported when both sides have closed", async (t) => {
  await using server = await startServer(
    direct((request) => void streamOf(request).end("HTTP/1.1 403 Forbidden\r\n\r\n")),
  );
  t.is(await talk(server), "HTTP/1.1 403 Forbidden\r\n\r\n");
  t.is((await server.seen.ends.at()).status, 403);
});

test("a stream on which nothing was said is an answer that was broken off", async (t) => {
  await using server = await startServer(direct((request) => void streamOf(request).destroy()));
  t.is(await talk(server), "");
  t.like(await server.seen.ends.at(), { status: 0, bodyBytes: 0, ending: "broken-off" });
});

test("a second upgrade is refused, and the first goes on", async (t) => {
  await using server = await startServer(
    direct((request) => {
      const stream = switchOver(request);
      t.throws(() => request.upgrade(), { code: "UWSGI_PEER_GONE" });
      stream.end("raw");
    }),
  );
  t.is(await talk(server), `${SWITCHING}raw`);
});

test("behind an upgrade the answer is closed: it rejects what is written, and its end is nothing", async (t) => {
  await using server = await startServer(
    direct(async (request, answer) => {
      const stream = switchOver(request);
      t.false(answer.isOpen);
      await t.throwsAsync(async () => await answer.begin(200, "HTTP/1.1 200 OK\r\n\r\n", undefined), {
        code: "UWSGI_PEER_GONE",
      });
      answer.end();
      stream.end("raw");
    }),
  );
  t.is(await talk(server), `${SWITCHING}raw`);
});

test("behind the head an upgrade is refused, and the answer goes on", async (t) => {
  await using server = await startServer(
    direct((request, answer) => {
      void answer.begin(200, "HTTP/1.1 200 OK\r\n\r\n", undefined, "a");
      t.throws(() => request.upgrade(), { code: "UWSGI_PEER_GONE" });
      void answer.write("b");
      answer.end();
    }),
  );
  t.is(parseAnswer((await exchange(server.address, get())).bytes).body, "ab");
  t.like(await server.seen.ends.at(), { status: 200, bodyBytes: 2 });
});

test("behind the head of a response that streams an upgrade is refused", async (t) => {
  await using server = await startServer((request) =>
    respond(
      (function* () {
        yield "a";
        t.throws(() => request.upgrade(), { code: "UWSGI_PEER_GONE" });
        yield "b";
      })(),
    ),
  );
  t.is(parseAnswer((await exchange(server.address, get())).bytes).body, "ab");
});

test("behind the end an upgrade is refused", async (t) => {
  const given = gate<AppRequest>();
  await using server = await startServer((request) => {
    given.open(request);
    return respond("ok");
  });
  await exchange(server.address, get());
  const request = await given.promise;
  t.throws(() => request.upgrade(), { code: "UWSGI_PEER_GONE" });
});

test("an error of the stream that nobody listens to does not end the process", async (t) => {
  const made = gate();
  await using server = await startServer(
    direct((request) => {
      switchOver(request).resume();
      made.open();
    }),
    { kind: "tcp" },
  );
  const client = await RawClient.connect(server.address);
  await client.send(get());
  await made.promise;
  client.socket.resetAndDestroy();
  t.like(await server.seen.ends.at(), { status: 101, ending: "complete" });
  await untilClosed(server);
});

for (const transport of carriers) {
  for (const kind of bothKinds) {
    const on = `${transport}, ${kind}`;
    const options: TestServerOptions = { transport, kind };

    test.serial(`what has come behind the packet is the first that the stream reads, ${on}`, async (t) => {
      await using server = await startServer(
        direct((request) => {
          const stream = switchOver(request);
          stream.pipe(stream);
        }),
        options,
      );
      using client = await RawClient.connect(server.address);
      await client.send(get(), "first ");
      await client.until("first ");
      await client.send("second");
      client.end();
      t.is(Buffer.from((await client.ending).bytes).toString(), `${SWITCHING}first second`);
      t.like(await server.seen.ends.at(), { status: 101, bodyBytes: SWITCHING.length + 12 });
    });

    test.serial(`behind the peer's end an upgrade is refused, ${on}`, async (t) => {
      const refused = gate();
      await using server = await startServer(
        direct((request, answer) => {
          request.signal.addEventListener("abort", () => {
            t.throws(() => request.upgrade(), { code: "UWSGI_PEER_GONE" });
            answer.fail(request.signal.reason);
            refused.open();
          });
        }),
        options,
      );
      using client = await RawClient.connect(server.address);
      await client.send(get());
      client.end();
      await refused.promise;
      t.like(await server.seen.ends.at(), { status: 0, ending: "peer-gone" });
      t.deepEqual(server.seen.errors.all, []);
    });

    test.serial(`a client that vanishes is reported when its stream is closed, ${on}`, async (t) => {
      const made = gate<Duplex>();
      await using server = await startServer(
        direct((request) => {
          const stream = switchOver(request);
          // As most do: both sides end together.
          stream.once("end", () => stream.end());
          stream.resume();
          made.open(stream);
        }),
        options,
      );
      const client = await RawClient.connect(server.address);
      await client.send(get());
      await made.promise;
      t.is(server.seen.ends.all.length, 0);
      client.destroy();
      t.like(await server.seen.ends.at(), { status: 101, ending: "complete" });
      await untilClosed(server);
    });

    test.serial(`the server's close destroys the stream behind its grace, and it is reported, ${on}`, async (t) => {
      await using server = await startServer(
        direct((request) => void switchOver(request).resume()),
        { ...options, graceMs: 100 },
      );
      using client = await RawClient.connect(server.address);
      await client.send(get());
      await client.until("\r\n\r\n");
      await server.server.close();
      await client.ending;
      t.like(await server.seen.ends.at(), { status: 101, bodyBytes: SWITCHING.length });
      t.is(server.server.openConnections, 0);
    });
  }
}
