/** What goes over the wire and what an application hears, where `node:http` is no measure or cannot be asked. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer, IncomingMessage, type RequestListener, ServerResponse } from "node:http";
import { pipeline, Readable } from "node:stream";
import test from "ava";
import { nodeHandler } from "../../../src/app/index.ts";
import type { AppRequest } from "../../../src/handler/index.ts";
import { ask, get, post, RawClient, requestOf, valuesOf } from "../../helpers/raw-client.ts";
import { gate, startServer, type TestServer } from "../../helpers/test-server.ts";

const start = (listener: RequestListener): Promise<TestServer> => startServer(nodeHandler(listener));

/** Rule, listener, and all that may follow the status line. */
const heads: readonly (readonly [rule: string, listener: RequestListener, headers: readonly string[], body: string])[] =
  [
    [
      "no Transfer-Encoding, and the parts as they are",
      (_, res) => {
        res.write("a");
        setImmediate(() => res.end("b"));
      },
      [],
      "ab",
    ],
    [
      "no chunks of an application that wants them",
      (_, res) => void res.writeHead(200, { "Transfer-Encoding": "chunked" }).end("ab"),
      ["content-length: 2"],
      "ab",
    ],
    [
      "a Content-Length where the body comes whole behind a head of its own",
      (_, res) => void res.writeHead(200).end("th\u00e9"),
      ["content-length: 4"],
      "th\u00c3\u00a9",
    ],
    [
      "no hop-by-hop headers",
      (_, res) => {
        for (const name of ["Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade"])
          res.setHeader(name, "x");
        res.end();
      },
      ["content-length: 0"],
      "",
    ],
    [
      "no Status, which some front ends take the status from",
      (_, res) => void res.writeHead(200, { Status: "404 Not Found" }).end(),
      ["content-length: 0"],
      "",
    ],
    [
      "no Content-Length with 204, where nginx would wait for the bytes",
      (_, res) => void res.writeHead(204, { "Content-Length": "0" }).end(),
      [],
      "",
    ],
    ["no Date, which is the front end's", (_, res) => void res.end(), ["content-length: 0"], ""],
    [
      "the Date of an application that sets one",
      (_, res) => void res.writeHead(200, { Date: "x" }).end(),
      ["date: x", "content-length: 0"],
      "",
    ],
    [
      "no Content-Length that was taken back",
      (_, res) => {
        res.removeHeader("Content-Length");
        res.end("ab");
      },
      [],
      "ab",
    ],
    [
      "no interim response",
      (_, res) => {
        const { writeInformation } = res as unknown as { writeInformation?: (status: number, headers: object) => void };
        res.writeContinue();
        res.writeProcessing();
        res.writeEarlyHints({ link: "</a.css>; rel=preload" });
        writeInformation?.call(res, 103, {});
        res.write("a");
        res.end("b");
      },
      ["content-length: 2"],
      "ab",
    ],
  ];

for (const [rule, listener, headers, body] of heads) {
  test(`an answer has ${rule}`, async (t) => {
    await using server = await start(listener);
    const answer = await ask(server.address);
    t.deepEqual([answer.headers.map((pair) => pair.join(": ")), answer.body], [headers, body]);
  });
}

test("the callbacks of interim responses are called", async (t) => {
  await using server = await start((_, res) => {
    res.writeContinue(() => res.writeEarlyHints({ link: "</a>; rel=preload" }, () => res.end("called")));
  });
  t.is((await ask(server.address)).body, "called");
});

for (const [how, answer] of [
  ["by writeHead", (res) => void res.writeHead(101).end()],
  [
    "as it is set",
    (res) => {
      res.statusCode = 101;
      res.end();
    },
  ],
  ["that is 199", (res) => void res.writeHead(199).end("x")],
] as const satisfies readonly (readonly [string, (res: ServerResponse) => void])[]) {
  test(`a head with the status of an interim response, ${how}, is a 500, and nothing is thrown`, async (t) => {
    const heard = gate<string[]>();
    // Not in the call of the listener: what is thrown here would end the process.
    await using server = await start((_, res) => {
      const notes: string[] = [];
      res.on("finish", () => notes.push("finish"));
      res.on("close", () => heard.open([...notes, "close"]));
      setImmediate(answer, res);
    });
    t.is((await ask(server.address)).status, 500);
    t.regex(String((await server.seen.errors.at()).error), /status 1\d\d, allowed are 200 to 999/);
    t.deepEqual(await heard.promise, ["close"]);
  });
}

test("trailers are dropped, and the log says so once", async (t) => {
  await using server = await start((_, res) => {
    res.setHeader("Trailer", "X-A");
    res.write("a");
    res.addTrailers({ "X-A": "1" });
    res.addTrailers({ "X-B": "1" });
    res.end("b");
  });
  t.is((await ask(server.address)).body, "ab");
  await server.seen.ends.at();
  t.deepEqual(
    server.seen.messages.all.map(({ text }) => text),
    ["trailers are dropped: uwsgi has no place for them"],
  );
});

test("less than was announced is broken off", async (t) => {
  await using server = await start((_, res) => void res.writeHead(200, { "Content-Length": "10" }).end("short"));
  await ask(server.address);
  t.regex(String((await server.seen.errors.at()).error), /5 bytes, its Content-Length says 10/);
});

test("more than was announced is cut", async (t) => {
  await using server = await start((_, res) => void res.writeHead(200, { "Content-Length": "2" }).end("long"));
  t.is((await ask(server.address)).body, "lo");
});

test("a Content-Length that is no length is an error", async (t) => {
  await using server = await start((_, res) => void res.writeHead(200, { "Content-Length": "x" }).end("long"));
  t.is((await ask(server.address)).status, 500);
  t.is(String((await server.seen.errors.at()).error), 'AppError: Content-Length is "x", digits are needed');
});

// Failures

for (const [how, listener] of [
  [
    "throws",
    () => {
      throw new Error("oh");
    },
  ],
  [
    "rejects",
    async () => {
      await Promise.resolve();
      throw new Error("oh");
    },
  ],
] as const) {
  test(`a listener that ${how} is answered with a 500 and logged`, async (t) => {
    await using server = await start(listener);
    t.is((await ask(server.address)).status, 500);
    t.is(String((await server.seen.errors.at()).error), "Error: oh");
  });
}

test("what a listener throws behind its answer is logged, and the answer stays", async (t) => {
  await using server = await start((_, res) => {
    res.end("fine");
    throw new Error("oh");
  });
  t.is((await ask(server.address)).body, "fine");
  t.is(String((await server.seen.errors.at()).error), "Error: oh");
});

test("a listener that throws in the middle breaks the answer off, and the response closes without finish", async (t) => {
  const heard = gate<string[]>();
  await using server = await start((_, res) => {
    const notes: string[] = [];
    res.on("finish", () => notes.push("finish"));
    res.on("close", () => heard.open([...notes, "close", String(res.destroyed)]));
    res.writeHead(200, { "Content-Length": "10" });
    res.flushHeaders();
    throw new Error("oh");
  });
  await ask(server.address);
  t.deepEqual(await heard.promise, ["close", "true"]);
  t.is((await server.seen.ends.at()).ending, "broken-off");
});

for (const [what, destroy] of [
  ["response", (_: IncomingMessage, res: ServerResponse) => void res.destroy(new Error("enough"))],
  ["socket", (req: IncomingMessage) => void req.socket.destroy(new Error("enough"))],
  ["request", (req: IncomingMessage) => void req.destroy(new Error("enough"))],
] as const) {
  test(`a destroyed ${what} breaks the answer off, logged with its error, and all hear of it`, async (t) => {
    const heard = gate<string[]>();
    await using server = await start((req, res) => {
      const notes: string[] = [];
      const note = (text: string): void => {
        notes.push(text);
        if (notes.length === 3) heard.open(notes.sort());
      };
      req.on("error", () => {});
      req.on("close", () => note("req close"));
      req.socket.on("close", () => note("socket close"));
      res.on("close", () => note("res close"));
      res.writeHead(200, { "Content-Length": "10" });
      res.write("a", () => destroy(req, res));
    });
    await ask(server.address);
    t.deepEqual(await heard.promise, ["req close", "res close", "socket close"]);
    t.is(String((await server.seen.errors.at()).error), "Error: enough");
    t.is((await server.seen.ends.at()).ending, "broken-off");
  });
}

test("a socket that is destroyed with an error says so, and then that it is closed", async (t) => {
  const heard = gate<unknown[]>();
  await using server = await start(({ socket }) => {
    const notes: unknown[] = [];
    socket.on("error", (error) => notes.push(error.message));
    socket.on("close", (hadError) => heard.open([...notes, hadError]));
    socket.destroy(new Error("enough"));
  });
  t.is((await ask(server.address)).status, 500);
  t.deepEqual(await heard.promise, ["enough", true]);
});

test("what an application sets of its socket's identity stays", async (t) => {
  await using server = await start(({ socket }, res) => {
    const settable = socket as { encrypted?: boolean; authorized?: boolean };
    settable.encrypted = settable.authorized = true;
    res.end(JSON.stringify([settable.encrypted, settable.authorized]));
  });
  t.is((await ask(server.address)).body, "[true,true]");
  t.is((await ask(server.address)).body, "[true,true]");
});

test("a write to the socket of a request is refused", async (t) => {
  await using server = await start((req) => void req.socket.write("HTTP/1.1 200 OK\r\n\r\n"));
  t.is((await ask(server.address)).status, 500);
  t.regex(String((await server.seen.errors.at()).error), /only an upgrade/);
});

// The client goes away

test("a client that goes away while an answer is pending: aborted and close of the request, close of the response", async (t) => {
  const asked = gate();
  const heard = gate<string[]>();
  await using server = await start((req, res) => {
    const notes: string[] = [];
    req.on("aborted", () => notes.push("req aborted"));
    req.on("error", (error: NodeJS.ErrnoException) => notes.push(`req error ${error.code}`));
    req.on("close", () => notes.push("req close"));
    res.on("finish", () => notes.push("res finish"));
    res.on("close", () => {
      notes.push(`res close ${res.destroyed} ${res.writableEnded} ${res.writableFinished}`);
      setImmediate(() => heard.open(notes));
    });
    asked.open();
  });
  const client = await RawClient.connect(server.address);
  await client.send(get());
  await asked.promise;
  client.destroy();
  t.deepEqual((await heard.promise).sort(), [
    "req aborted",
    "req close",
    "req error ECONNRESET",
    "res close true false false",
  ]);
  t.is((await server.seen.ends.at()).ending, "peer-gone");
  t.deepEqual(server.seen.errors.all, []);
});

test("a client that goes away in the middle of its upload: the reader gets ECONNRESET", async (t) => {
  const read = gate();
  const failed = gate<string>();
  await using server = await start(async (req) => {
    try {
      for await (const _ of req) read.open();
    } catch (error) {
      failed.open(`${(error as NodeJS.ErrnoException).code} ${req.aborted} ${req.complete}`);
    }
  });
  const client = await RawClient.connect(server.address);
  await client.send(requestOf({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "10" }, "half"));
  await read.promise;
  client.destroy();
  t.is(await failed.promise, "ECONNRESET true false");
  t.is((await server.seen.ends.at()).ending, "peer-gone");
});

test("a client that goes away in the middle of a download: the source is destroyed", async (t) => {
  const failed = gate<string>();
  let made = 0;
  function* endless(): Generator<Buffer> {
    for (;;) {
      made++;
      yield Buffer.alloc(65_536);
    }
  }
  await using server = await start((_, res) => {
    pipeline(Readable.from(endless()), res, (error) => failed.open(String(error?.code)));
  });
  const client = await RawClient.connect(server.address, { reads: false });
  await client.send(get());
  await once(client.read().socket, "data");
  client.destroy();
  t.is(await failed.promise, "ERR_STREAM_PREMATURE_CLOSE");
  t.true(made > 0);
  t.is((await server.seen.ends.at()).ending, "peer-gone");
});

test("what is written behind the client's end does nothing, and says so", async (t) => {
  const asked = gate();
  const told = gate<string>();
  await using server = await start((_, res) => {
    res.on("close", () => {
      const went = res.write("late", (error) =>
        told.open(`${went} ${String((error as NodeJS.ErrnoException)?.code)} ${res.writable}`),
      );
    });
    asked.open();
  });
  const client = await RawClient.connect(server.address);
  await client.send(get());
  await asked.promise;
  client.destroy();
  t.regex(await told.promise, /^false ERR_STREAM_DESTROYED/);
});

test("the signal of a request fires when the client goes away, and not behind the answer", async (t) => {
  if (!("signal" in IncomingMessage.prototype)) {
    t.pass("Node 26 is the first that has it");
    return;
  }
  const signals: AbortSignal[] = [];
  const closed = gate();
  const asked = gate();
  const fired = gate();
  await using server = await start((req, res) => {
    const { signal } = req as IncomingMessage & { signal: AbortSignal };
    signals.push(signal);
    if (req.url === "/wait") {
      signal.addEventListener("abort", () => fired.open());
      asked.open();
      return;
    }
    res.on("close", () => setImmediate(closed.open));
    res.end("x");
  });
  await ask(server.address);
  await closed.promise;
  t.false(signals[0]?.aborted);
  const client = await RawClient.connect(server.address);
  await client.send(get({ PATH_INFO: "/wait" }));
  await asked.promise;
  client.destroy();
  await fired.promise;
});

// Back-pressure

test("a writer is told to wait when the client does not read, and to go on when it does", async (t) => {
  const full = gate<number>();
  const size = 64 * 65_536;
  await using server = await start((_, res) => {
    let left = size;
    const chunk = Buffer.alloc(65_536);
    const write = (): void => {
      while (left > 0) {
        left -= chunk.length;
        if (!res.write(chunk)) {
          if (res.writableNeedDrain) full.open(res.writableLength);
          res.once("drain", write);
          return;
        }
      }
      res.end();
    };
    write();
  });
  const client = await RawClient.connect(server.address, { reads: false });
  await client.send(get());
  t.true((await full.promise) > 0);
  client.read();
  const { bytes, how } = await client.ending;
  t.deepEqual([bytes.length > size, how], [true, "end"]);
});

test("an upload that is read slowly is not read ahead without limit", async (t) => {
  const size = 64 * 65_536;
  const paused = gate<IncomingMessage>();
  await using server = await start((req, res) => {
    req.once("data", () => {
      req.pause();
      paused.open(req);
    });
    req.on("end", () => res.end("all"));
  });
  using client = await RawClient.connect(server.address);
  const sent = client.send(post(Buffer.alloc(size)));
  const req = await paused.promise;
  for (let i = 0; i < 50; i++) await new Promise(setImmediate);
  t.true(req.socket.bytesRead < size / 4);
  req.resume();
  await sent;
  await client.until("all");
  t.is(req.socket.bytesRead, size);
});

test("an answer that is complete before its upload does not take the rest of it from the reader", async (t) => {
  const seen = gate<number>();
  await using server = await start((req, res) => {
    let bytes = 0;
    req.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (!res.writableEnded) res.end("early");
    });
    req.on("end", () => seen.open(bytes));
  });
  using client = await RawClient.connect(server.address);
  await client.send(requestOf({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "8" }, "half"));
  await client.until("early");
  await client.send("more");
  t.is(await seen.promise, 8);
  t.is((await client.ending).how, "end");
});

for (const [how, listen] of [
  [
    "by events, in front of its end",
    (req: IncomingMessage, res: ServerResponse, done: (bytes: number) => void) => {
      let bytes = 0;
      req.on("data", (chunk: Buffer) => (bytes += chunk.length)).on("end", () => done(bytes));
      res.end("early");
    },
  ],
  [
    "by events, behind its end",
    (req: IncomingMessage, res: ServerResponse, done: (bytes: number) => void) => {
      let bytes = 0;
      res.end("early");
      req.on("data", (chunk: Buffer) => (bytes += chunk.length)).on("end", () => done(bytes));
    },
  ],
  [
    "by iteration, behind its end",
    async (req: IncomingMessage, res: ServerResponse, done: (bytes: number) => void) => {
      let bytes = 0;
      res.end("early");
      for await (const chunk of req) bytes += (chunk as Buffer).length;
      done(bytes);
    },
  ],
] as const) {
  test(`a reader who begins in the turn of the answer gets the whole request, ${how}`, async (t) => {
    const seen = gate<number>();
    await using server = await start((req, res) => void listen(req, res, (bytes) => seen.open(bytes)));
    using client = await RawClient.connect(server.address);
    await client.send(requestOf({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "8" }, "half"));
    await client.until("early");
    await client.send("more");
    t.is(await seen.promise, 8);
    t.is((await client.ending).how, "end");
  });
}

test("what is thrown behind the end of an answer to an upload leaves the answer whole", async (t) => {
  await using server = await start((_, res) => {
    res.end("whole");
    throw new Error("late");
  });
  t.is((await ask(server.address, post("body"))).body, "whole");
  t.is((await server.seen.ends.at()).ending, "complete");
});

test("who has answered and destroys the request waits for no more of it: the answer ends", async (t) => {
  await using server = await start((req, res) => {
    req.on("data", () => {
      res.statusCode = 413;
      res.end("too much");
      req.destroy();
    });
  });
  using client = await RawClient.connect(server.address);
  await client.send(requestOf({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "100" }, "half"));
  await client.until("too much");
  const { status, ending } = await server.seen.ends.at();
  t.deepEqual([status, ending], [413, "complete"]);
});

// Time

test("a time without a byte is told to who listens, else the answer is broken off", async (t) => {
  await using server = await start((req, res) => {
    if (req.url === "/heard") res.setTimeout(1, () => res.end("timeout"));
    else req.setTimeout(1);
  });
  const heard = await ask(server.address, get({ PATH_INFO: "/heard" }));
  t.deepEqual([heard.status, heard.body], [200, "timeout"]);
  t.is((await ask(server.address)).status, 500);
});

// Servers

test("a server's listeners of request are called, with the server's classes", async (t) => {
  class Message extends IncomingMessage {}
  class Answer extends ServerResponse {}
  const application = createServer({ IncomingMessage: Message, ServerResponse: Answer }, (req, res) => {
    res.end(
      `${req instanceof Message} ${res instanceof Answer} ${(req.socket as unknown as { server: unknown }).server === application}`,
    );
  });
  await using server = await startServer(nodeHandler(application));
  t.is((await ask(server.address)).body, "true true true");
});

test("a server without a listener of request is an error that says so", async (t) => {
  await using server = await startServer(nodeHandler(createServer()));
  t.is((await ask(server.address)).status, 500);
  t.regex(String((await server.seen.errors.at()).error), /no listener for its event request/);
});

test("agents are told of requests as by node:http", async (t) => {
  const application = createServer((_, res) => void res.end("x"));
  const told: string[] = [];
  const both = gate();
  const listeners = ["http.server.request.start", "http.server.response.finish"].map((name) => {
    const listener = (message: unknown): void => {
      const { server, request } = message as { server: unknown; request: IncomingMessage };
      if (server !== application) return;
      told.push(`${name} ${request.url}`);
      if (told.length === 2) both.open();
    };
    subscribe(name, listener);
    return () => unsubscribe(name, listener);
  });
  await using server = await startServer(nodeHandler(application));
  await ask(server.address, get({ PATH_INFO: "/a" }));
  await both.promise;
  for (const stop of listeners) stop();
  t.deepEqual(told, ["http.server.request.start /a", "http.server.response.finish /a"]);
});

test("a server's own timeout counts", async (t) => {
  const application = createServer(() => {});
  application.timeout = 1;
  await using server = await startServer(nodeHandler(application));
  t.is((await ask(server.address)).status, 500);
});

test("Expect: 100-continue is an ordinary request: the front end has answered it", async (t) => {
  const application = createServer((_, res) => void res.end("request"));
  application.on("checkContinue", () => t.fail());
  await using server = await startServer(nodeHandler(application));
  t.is((await ask(server.address, get({ HTTP_EXPECT: "100-continue" }))).body, "request");
});

test("an upgrade that nobody listens for is an ordinary request", async (t) => {
  await using server = await startServer(nodeHandler(createServer((_, res) => void res.end("request"))));
  const answer = await ask(server.address, get({ HTTP_CONNECTION: "Upgrade", HTTP_UPGRADE: "websocket" }));
  t.is(answer.body, "request");
});

for (const connection of ["keep-alive", "close, x-upgrade", ""]) {
  test(`Upgrade with the Connection ${JSON.stringify(connection)} is an ordinary request`, async (t) => {
    const application = createServer((_, res) => void res.end("request"));
    application.on("upgrade", () => t.fail());
    await using server = await startServer(nodeHandler(application));
    const answer = await ask(server.address, get({ HTTP_CONNECTION: connection, HTTP_UPGRADE: "websocket" }));
    t.is(answer.body, "request");
  });
}

test("an upgrade gets a stream with the members of a socket, and what has come behind the request", async (t) => {
  const application = createServer();
  application.on("upgrade", (req: IncomingMessage & { upgrade?: boolean }, stream, head) => {
    const socket = stream as IncomingMessage["socket"];
    socket.setTimeout(0).setNoDelay().setKeepAlive();
    const { remoteAddress, remotePort, remoteFamily } = socket;
    socket.once("data", (chunk: Buffer) => {
      socket.end(
        `HTTP/1.1 101 Switching Protocols\r\n\r\n${remoteAddress} ${remotePort} ${remoteFamily} ${req.upgrade} ${req.socket === socket} ${head.length} ${chunk.toString()}`,
      );
    });
  });
  await using server = await startServer(nodeHandler(application));
  const vars = {
    HTTP_CONNECTION: "keep-alive, Upgrade",
    HTTP_UPGRADE: "x",
    REMOTE_ADDR: "192.0.2.1",
    REMOTE_PORT: "5",
  };
  using client = await RawClient.connect(server.address);
  await client.send(requestOf({ REQUEST_METHOD: "GET", ...vars }, "first"));
  await client.until("192.0.2.1 5 IPv4 true true 0 first");
  t.pass();
});

test("the stream of an upgrade tells of idle times, and ends softly", async (t) => {
  const application = createServer();
  application.on("upgrade", (_, stream) => {
    const socket = stream as IncomingMessage["socket"];
    socket.setTimeout(1, () => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\nidle");
      socket.destroySoon();
    });
  });
  await using server = await startServer(nodeHandler(application));
  const vars = { HTTP_CONNECTION: "Upgrade", HTTP_UPGRADE: "x" };
  using client = await RawClient.connect(server.address);
  await client.send(get(vars));
  const { bytes, how } = await client.ending;
  t.deepEqual([Buffer.from(bytes).toString().slice(-4), how], ["idle", "end"]);
});

test("the request as other interfaces have it is in req.uwsgi", async (t) => {
  await using server = await start((req, res) => {
    const { uwsgi } = req as IncomingMessage & { uwsgi: AppRequest };
    uwsgi.log("noted");
    res.end(`${uwsgi.environ.SERVER_PROTOCOL} ${req.httpVersion}`);
  });
  t.is((await ask(server.address, get({ SERVER_PROTOCOL: "HTTP/2.0" }))).body, "HTTP/2.0 1.1");
  t.is((await server.seen.messages.at()).text, "noted");
});

test("a handler is made of a function or of a server, of nothing else", (t) => {
  for (const wrong of [undefined, null, "x", {}, { emit: true }]) {
    t.throws(() => nodeHandler(wrong as never), { code: "UWSGI_APP_CONTRACT" });
  }
});

// Identity

test("who the client is comes from the front end's vars, and from no header", async (t) => {
  await using server = await start((req, res) => {
    const { remoteAddress, remotePort, remoteFamily, localAddress, localPort } = req.socket;
    const { encrypted, authorized } = req.socket as unknown as { encrypted: boolean; authorized: boolean };
    res.end(
      JSON.stringify([
        remoteAddress,
        remotePort,
        remoteFamily,
        localAddress,
        localPort,
        encrypted,
        authorized,
        req.socket.address(),
        req.socket === res.socket,
        req.socket === req.connection,
      ]),
    );
  });
  const forged = {
    HTTP_X_FORWARDED_FOR: "203.0.113.9",
    HTTP_X_FORWARDED_PROTO: "https",
    HTTP_X_REAL_IP: "203.0.113.9",
    HTTP_REMOTE_ADDR: "203.0.113.9",
    HTTP_HTTPS: "on",
    HTTP_SSL_CLIENT_VERIFY: "SUCCESS",
  };
  const answer = await ask(
    server.address,
    get({ ...forged, REMOTE_ADDR: "2001:db8::1", REMOTE_PORT: "7", SERVER_ADDR: "192.0.2.2", SERVER_PORT: "80" }),
  );
  t.deepEqual(JSON.parse(answer.body), [
    "2001:db8::1",
    7,
    "IPv6",
    "192.0.2.2",
    80,
    null,
    false,
    { address: "192.0.2.2", family: "IPv4", port: 80 },
    true,
    true,
  ]);
});

test("a client on a unix socket has no address, and https is what the front end says it is", async (t) => {
  await using server = await start((req, res) => {
    res.end(
      `${req.socket.remoteAddress} ${req.socket.remotePort} ${String((req.socket as unknown as { encrypted: unknown }).encrypted)}`,
    );
  });
  t.is(
    (await ask(server.address, get({ REMOTE_ADDR: "unix:", REMOTE_PORT: "", HTTPS: "on" }))).body,
    "undefined undefined true",
  );
});

test("headers that say again what the front end has said are not believed", async (t) => {
  await using server = await start((req, res) => void res.end(JSON.stringify([req.headers, req.rawHeaders])));
  const answer = await ask(
    server.address,
    post("x", {
      CONTENT_TYPE: "text/plain",
      HTTP_CONTENT_TYPE: "text/forged",
      HTTP_CONTENT_LENGTH: "5",
      HTTP_X_A: "",
      HTTP_COOKIE: "a=1",
    }),
  );
  t.deepEqual(JSON.parse(answer.body), [
    { "content-type": "text/plain", "content-length": "1", "x-a": "", cookie: "a=1" },
    ["content-type", "text/plain", "content-length", "1", "x-a", "", "cookie", "a=1"],
  ]);
  t.deepEqual(valuesOf(answer, "content-type"), []);
});
