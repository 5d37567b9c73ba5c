import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import test from "ava";
import { type Address, formatAddress } from "../../src/connection/index.ts";
import { errorCode } from "../../src/errors.ts";
import type { AppRequest, AppResponse, Plugin } from "../../src/handler/index.ts";
import { httpPlugin, Server } from "../../src/server/index.ts";
import { deliveries } from "../helpers/deliveries.ts";
import { ask, exchange, get, parseAnswer, post, RawClient, requestOf } from "../helpers/raw-client.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { gate, respond, startServer, type TransportKind, watch } from "../helpers/test-server.ts";
import { announcedBy, requestsOfFrontEnds, wholeOf } from "../helpers/vectors.ts";
import { concat, hex, latin1, packetOf, wire } from "../helpers/wire.ts";

const kinds: readonly TransportKind[] = ["unix", "tcp"];
const BAD_REQUEST = "400 Bad Request\n";

async function readAll({ body }: AppRequest): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return concat(chunks);
}

async function echo(request: AppRequest): Promise<ReturnType<typeof respond>> {
  return respond(await readAll(request));
}

/** True when nobody accepts at the address any more. */
async function isDeaf(address: Address): Promise<boolean> {
  try {
    (await RawClient.connect(address)).destroy();
    return false;
  } catch {
    return true;
  }
}

// Requests.

for (const kind of kinds) {
  test(`a request is read from its packet, and answered by its handler, on ${kind}`, async (t) => {
    await using server = await startServer(({ environ }) => respond(JSON.stringify(environ)), { kind });
    const { body, how } = await ask(server.address, get({ QUERY_STRING: "a=1", HTTP_HOST: "example.test" }));
    t.like(JSON.parse(body), { REQUEST_METHOD: "GET", PATH_INFO: "/", QUERY_STRING: "a=1", HTTP_HOST: "example.test" });
    t.is(how, "end");
  });

  test(`a body is read whole, however it is cut, on ${kind}`, async (t) => {
    await using server = await startServer(echo, { kind });
    const sent = post("hello, body", { HTTP_X: "y" });
    for (const [how, chunks] of deliveries(sent, [sent.length - 11])) {
      // Each byte a segment of its own takes its time: a sample is enough here, the rest is tested without sockets.
      if (chunks.length > 1 && !/at (?:1|3|4|40|9.)$|pieces of 7|byte by byte/.test(how)) continue;
      using client = await RawClient.connect(server.address);
      client.socket.setNoDelay(true);
      for (const chunk of chunks) await client.send(chunk);
      t.is(parseAnswer((await client.ending).bytes).body, "hello, body", how);
    }
  });

  test(`bytes behind CONTENT_LENGTH reach nobody on ${kind}`, async (t) => {
    await using server = await startServer(echo, { kind });
    const { body } = await ask(server.address, requestOf({ CONTENT_LENGTH: "3" }, "abcdef"));
    t.is(body, "abc");
  });

  test(`a second packet behind the first is not answered on ${kind}`, async (t) => {
    let calls = 0;
    await using server = await startServer(() => respond(String(++calls)), { kind });
    const { bytes } = await exchange(server.address, concat([get(), get(), get()]));
    t.is(parseAnswer(bytes).body, "1");
    t.is(calls, 1);
  });
}

for (const [about, body] of [
  ["a request", get({ PATH_INFO: "/admin" })],
  ["a ping", wire("64 00 00 00")],
] as const) {
  for (const isRead of [false, true]) {
    test(`a body that is itself the packet of ${about} is never executed, ${isRead ? "read" : "unread"}`, async (t) => {
      const paths: string[] = [];
      const pings: string[] = [];
      const ping: Plugin = { name: "ping", modifier1: 100, answer: () => void pings.push("ping") };
      await using server = await startServer(
        async (request) => {
          paths.push(request.environ.PATH_INFO);
          return respond(isRead ? await readAll(request) : "unread");
        },
        { plugins: [ping] },
      );
      using client = await RawClient.connect(server.address);
      await client.send(post(body));
      await client.ending;
      // The answer is out, the connection lingers: whatever comes now is no packet either.
      await client.send(body, body);
      client.end();
      await client.closed;
      t.deepEqual([paths, pings], [["/"], []]);
    });
  }
}

test("an empty packet is an empty request: GET of nothing", async (t) => {
  await using server = await startServer(({ environ, body }) => respond(`${environ.REQUEST_METHOD} ${body.length}`));
  t.is((await ask(server.address, wire("00 00 00 00"))).body, "GET 0");
});

test("modifier2 of a request is ignored", async (t) => {
  await using server = await startServer(echo);
  t.is((await ask(server.address, wire("00 00 00 07"))).status, 200);
});

test("an application that ignores an upload of 4 MiB still gets its answer through", async (t) => {
  for (const kind of kinds) {
    await using server = await startServer(() => respond("early"), { kind });
    const { body, how } = await ask(server.address, post(new Uint8Array(4 * 1024 * 1024)));
    t.deepEqual([body, how], ["early", "end"], kind);
  }
});

test("the body of a request can be iterated, or read chunk by chunk, and ends for ever", async (t) => {
  await using server = await startServer(async ({ body }) => {
    const first = await body.read();
    const rest: unknown[] = [];
    for await (const chunk of body) rest.push(chunk);
    return respond(JSON.stringify([first?.length, rest, (await body.read()) ?? null, body.length]));
  });
  t.deepEqual(JSON.parse((await ask(server.address, post("abc"))).body), [3, [], null, 3]);
});

test("a read while another waits is refused at once, and takes nothing from it", async (t) => {
  for (const kind of kinds) {
    await using server = await startServer(
      async ({ body }) => {
        const [first, second] = await Promise.allSettled([body.read(), body.read()]);
        const third = await body.read();
        return respond(
          JSON.stringify([first.status, second.status === "rejected" && errorCode(second.reason), third ?? null]),
        );
      },
      { kind },
    );
    const { body } = await ask(server.address, post("abc"));
    t.deepEqual(JSON.parse(body), ["fulfilled", "UWSGI_INVALID_ARGUMENT", null], kind);
  }
});

test("without a CONTENT_LENGTH a body is empty at once, though bytes follow and the peer stays", async (t) => {
  await using server = await startServer(echo);
  t.is((await ask(server.address, requestOf({ REQUEST_METHOD: "POST" }, "abc"))).body, "");
});

// Who goes away.

for (const [about, leave] of [
  ["closes its side", (client: RawClient) => client.end()],
  ["closes altogether", (client: RawClient) => client.destroy()],
  ["resets", (client: RawClient) => client.socket.resetAndDestroy()],
] as const) {
  test(`a client that ${about} in the middle of its body is UWSGI_BODY_TRUNCATED, and nobody's error`, async (t) => {
    const failure = gate<unknown>();
    const begun = gate();
    await using server = await startServer(
      async ({ body }) => {
        await body.read();
        begun.open();
        try {
          await body.read();
        } catch (error) {
          failure.open(error);
          throw error;
        }
        return respond("");
      },
      { kind: "tcp" },
    );
    using client = await RawClient.connect(server.address);
    await client.send(requestOf({ CONTENT_LENGTH: "10" }, "abc"));
    await begun.promise;
    leave(client);
    const error = await failure.promise;
    t.is(errorCode(error), "UWSGI_BODY_TRUNCATED");
    t.regex((error as Error).message, /after 3 of 10 bytes/);
    t.like(await server.seen.ends.at(), { ending: "peer-gone", status: 0 });
    t.deepEqual(server.seen.errors.all, []);
  });

  test(`the signal fires while the handler runs when the client ${about}`, async (t) => {
    const fired = gate<unknown>();
    const begun = gate();
    await using server = await startServer(
      async ({ signal }) => {
        begun.open();
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        fired.open(signal.reason);
        throw signal.reason;
      },
      { kind: "tcp" },
    );
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await begun.promise;
    leave(client);
    t.is(errorCode(await fired.promise), "UWSGI_PEER_GONE");
    await server.seen.ends.at();
    t.deepEqual(server.seen.errors.all, []);
  });

  test(`a handler that answers after the client ${about} does not end the process`, async (t) => {
    const begun = gate();
    await using server = await startServer(
      async ({ environ, signal }) => {
        if (environ.PATH_INFO === "/next") return respond("still here");
        begun.open();
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        // The connection is closed by now, or about to be.
        await new Promise(setImmediate);
        await new Promise(setImmediate);
        return respond("too late", { headers: [["X-A", "1"]] });
      },
      { kind: "tcp" },
    );
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await begun.promise;
    leave(client);
    await server.seen.ends.at();
    t.deepEqual(server.seen.errors.all, []);
    t.is((await ask(server.address, get({ PATH_INFO: "/next" }))).body, "still here");
  });
}

test("an operation that was given the signal and is aborted by it is nobody's error", async (t) => {
  const begun = gate();
  await using server = await startServer(async ({ signal }) => {
    begun.open();
    await delay(60_000, undefined, { signal });
    return respond("");
  });
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await begun.promise;
  client.destroy();
  t.like(await server.seen.ends.at(), { status: 0, ending: "peer-gone" });
  t.deepEqual(server.seen.errors.all, []);
});

for (const [about, handler, status, body] of [
  ["an answer", () => respond("late"), 200, "late"],
  ["a failure", () => Promise.reject(new Error("own fault")), 500, "500 Internal Server Error\n"],
] as const) {
  test(`${about} still goes to a client that has closed only its sending side`, async (t) => {
    const begun = gate();
    await using server = await startServer(async ({ signal }) => {
      begun.open();
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      return await handler();
    });
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await begun.promise;
    client.end();
    const answer = parseAnswer((await client.ending).bytes);
    t.deepEqual([answer.status, answer.body], [status, body]);
  });
}

test("a connection that ends before it sent anything is nobody's fault, and is closed", async (t) => {
  await using server = await startServer(echo);
  using client = await RawClient.connect(server.address);
  client.end();
  const { bytes, how } = await client.ending;
  t.deepEqual([bytes.length, how, server.seen.refused.all], [0, "end", []]);
});

// What is refused.

for (const [about, bytes, code] of [
  ["an empty key", wire("00 05 00 00 00 00 01 00 41"), "UWSGI_EMPTY_KEY"],
  ["a key past the end", wire("00 05 00 00 60 ea 01 00 41"), "UWSGI_KEY_PAST_END"],
  ["a value past the end", wire("00 05 00 00 01 00 41 05 00"), "UWSGI_VALUE_PAST_END"],
  ["trailing bytes", wire("00 06 00 00 01 00 41 00 00 00"), "UWSGI_TRAILING_BYTES"],
  [
    "two different methods",
    packetOf(wire('0e 00 "REQUEST_METHOD" 03 00 "GET" 0e 00 "REQUEST_METHOD" 03 00 "PUT"')),
    "UWSGI_CONFLICTING_VARS",
  ],
  ["a CONTENT_LENGTH of +5", requestOf({ CONTENT_LENGTH: "+5" }, "hello"), "UWSGI_BAD_CONTENT_LENGTH"],
  ["a CONTENT_LENGTH of 5x", requestOf({ CONTENT_LENGTH: "5x" }, "hello"), "UWSGI_BAD_CONTENT_LENGTH"],
  ["a CONTENT_LENGTH of 2^53", requestOf({ CONTENT_LENGTH: "9007199254740992" }), "UWSGI_BAD_CONTENT_LENGTH"],
  ["a method with a line end", requestOf({ REQUEST_METHOD: "GET\r\n" }), "UWSGI_BAD_METHOD"],
] as const) {
  for (const kind of kinds) {
    test(`${about} gets a 400 on ${kind}, and is reported with its code`, async (t) => {
      let calls = 0;
      await using server = await startServer(() => respond(String(++calls)), { kind });
      const answer = await ask(server.address, bytes);
      t.deepEqual([answer.status, answer.body, answer.how], [400, BAD_REQUEST, "end"]);
      t.like(await server.seen.refused.at(), { status: 400, error: { code } });
      t.is(calls, 0);
    });
  }
}

test("a packet that the client breaks off in its payload gets a 400 if it was a request", async (t) => {
  await using server = await startServer(echo);
  using client = await RawClient.connect(server.address);
  await client.send(get().subarray(0, -1));
  client.end();
  t.is(parseAnswer((await client.ending).bytes).status, 400);
  t.like(await server.seen.refused.at(), { status: 400, error: { code: "UWSGI_TRUNCATED_PACKET" } });
});

for (const [about, bytes, code] of [
  ["its header", wire("00 05"), "UWSGI_TRUNCATED_PACKET"],
  ["the payload of a family that is not served", wire("64 05 00 00 01"), "UWSGI_MODIFIER_REFUSED"],
] as const) {
  test(`a packet that the client breaks off in ${about} is closed without an answer`, async (t) => {
    await using server = await startServer(echo);
    using client = await RawClient.connect(server.address);
    await client.send(bytes);
    client.end();
    t.is((await client.ending).bytes.length, 0);
    t.like(await server.seen.refused.at(), { status: 0, error: { code } });
  });
}

for (const [about, bytes] of [
  ["HTTP spoken to the port", latin1(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${" ".repeat(30_000)}`)],
  ["a modifier that nobody serves", wire("37 00 00 00")],
  ["a modifier that nobody serves, with vars", packetOf(get().subarray(4), 9)],
] as const) {
  for (const kind of kinds) {
    test(`${about} is closed without an answer on ${kind}, and reported with what was seen`, async (t) => {
      let calls = 0;
      await using server = await startServer(() => respond(String(++calls)), { kind });
      using client = await RawClient.connect(server.address);
      void client.send(bytes);
      t.is((await client.ending).bytes.length, 0);
      const { error, status, peer } = await server.seen.refused.at();
      t.deepEqual([error.code, status, calls], ["UWSGI_MODIFIER_REFUSED", 0, 0]);
      t.regex(error.message, new RegExp(`^modifier1 ${bytes[0]} is not served here, only 0;`));
      t.is(peer.startsWith("127.0.0.1:"), kind === "tcp");
    });
  }
}

test("the datasize limit is refused as soon as the header is there", async (t) => {
  await using server = await startServer(echo, { maxDatasize: 100 });
  t.is((await ask(server.address, wire("00 65 00 00"))).status, 431);
  t.like(await server.seen.refused.at(), { error: { code: "UWSGI_DATASIZE_LIMIT" } });
  t.is((await ask(server.address, packetOf(wire(`01 00 "A" 5f 00 "${"x".repeat(95)}"`)))).status, 200);
});

test("the limit of vars is refused, and can be set", async (t) => {
  const vars = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`X${i}`, ""]));
  await using server = await startServer(echo, { maxVars: 10 });
  t.is((await ask(server.address, requestOf(vars))).status, 431);
  t.like(await server.seen.refused.at(), { error: { code: "UWSGI_VARS_LIMIT" } });
});

test("two plugins for one modifier1 are refused", (t) => {
  const plugins = [httpPlugin(echo), httpPlugin(echo)];
  t.throws(() => new Server({ plugins }), { instanceOf: TypeError, code: "UWSGI_INVALID_ARGUMENT" });
});

test("what a plugin throws is reported, and its connection is broken", async (t) => {
  const failing = new Error("plugin");
  await using server = await startServer(echo, {
    plugins: [{ name: "bad", modifier1: 55, answer: () => Promise.reject(failing) }],
  });
  t.is((await exchange(server.address, wire("37 00 00 00"))).bytes.length, 0);
  t.like(await server.seen.errors.at(), { error: failing, environ: {} });
});

// What the captured clients send.

test("a request of every captured front end is answered with the body it sent", async (t) => {
  await using server = await startServer(echo);
  for (const vector of requestsOfFrontEnds()) {
    const answer = await ask(server.address, wholeOf(vector));
    const expected = vector.body?.bytes?.subarray(0, announcedBy(vector)) ?? new Uint8Array(0);
    t.is(answer.status, 200, vector.name);
    t.is(hex(latin1(answer.body)), hex(expected), vector.name);
  }
  t.deepEqual(server.seen.errors.all, []);
});

// Reports.

test("the end of an exchange is reported with what was sent, and how long it took", async (t) => {
  await using server = await startServer(() => respond("hello", { status: 201 }));
  await ask(server.address, get({ PATH_INFO: "/x" }));
  const end = await server.seen.ends.at();
  t.like(end, { server: server.server, status: 201, bodyBytes: 5, ending: "complete" });
  t.is(end.environ["PATH_INFO"], "/x");
  t.true(end.durationMs >= 0 && end.durationMs < 10_000);
  t.deepEqual(Object.keys(end).sort(), [
    "bodyBytes",
    "durationMs",
    "ending",
    "environ",
    "headBytes",
    "packet",
    "requestId",
    "server",
    "status",
  ]);
});

test("loader variables are reported with the peer, and do not reach the handler", async (t) => {
  await using server = await startServer(({ environ }) => respond(String("UWSGI_FILE" in environ)), { kind: "tcp" });
  t.is((await ask(server.address, get({ UWSGI_FILE: "exec://id" }))).body, "false");
  const { name, peer } = await server.seen.loaderVars.at();
  t.is(name, "UWSGI_FILE");
  t.regex(peer, /^127\.0\.0\.1:/);
});

test("what a handler logs is reported with its request", async (t) => {
  await using server = await startServer((request) => {
    request.log("something");
    return respond("");
  });
  await ask(server.address, get({ PATH_INFO: "/x" }));
  t.like(await server.seen.messages.at(), { text: "something", environ: { PATH_INFO: "/x" }, server: server.server });
});

test("options of environ reach it: duplicates, serverName and serverPort", async (t) => {
  await using server = await startServer(({ environ }) => respond(`${environ.SERVER_NAME}:${environ.SERVER_PORT}`), {
    serverName: "app",
    serverPort: "81",
    duplicates: "refuse",
  });
  t.is((await ask(server.address)).body, "app:81");
  t.is((await ask(server.address, packetOf(wire('01 00 "A" 01 00 "1" 01 00 "A" 01 00 "2"')))).status, 400);
});

// Listening and closing.

test("a server listens on several addresses at once, and names them", async (t) => {
  using folder = tempFolder();
  await using server = new Server({ plugins: [httpPlugin(() => respond("x"))] });
  await server.listen(folder.file("a"));
  await server.listen({ kind: "unix", path: folder.file("b") });
  await server.listen("127.0.0.1:0");
  t.deepEqual(server.addresses.slice(0, 2).map(formatAddress), [folder.file("a"), folder.file("b")]);
  for (const address of server.addresses) t.is((await ask(address)).body, "x");
});

test("a running exchange finishes while the server closes, and new connections are refused", async (t) => {
  const begun = gate();
  const goOn = gate();
  await using server = await startServer(
    async () => {
      begun.open();
      await goOn.promise;
      return respond("finished");
    },
    { graceMs: 60_000 },
  );
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await begun.promise;
  const closing = server.server.close();
  t.true(await isDeaf(server.address));
  t.false(existsSync(formatAddress(server.address)));
  goOn.open();
  t.is(parseAnswer((await client.ending).bytes).body, "finished");
  client.end();
  await closing;
});

// Alone: the client has a second to send, and is in this process.
test.serial("a connection that had sent nothing may still send its request while the server closes", async (t) => {
  await using server = await startServer(() => respond("just in time"), { graceMs: 60_000 });
  // Answered once, so that the second connection is known to be accepted too.
  using client = await RawClient.connect(server.address);
  await ask(server.address);
  const closing = server.server.close();
  await client.send(get());
  t.is(parseAnswer((await client.ending).bytes).body, "just in time");
  client.end();
  await closing;
});

test("an idle connection is cut soon after the server begins to close", async (t) => {
  await using server = await startServer(() => respond(""), { graceMs: 60_000 });
  using client = await RawClient.connect(server.address);
  await client.send(get().subarray(0, 3));
  await ask(server.address);
  const closing = server.server.close();
  t.is((await client.ending).bytes.length, 0);
  client.end();
  await closing;
});

for (const kind of ["unix", "tcp"] as const) {
  // Alone: the clients are in this process, and have a second to send.
  test.serial(`what is still in the queue of the socket when the server closes is answered, ${kind}`, async (t) => {
    await using server = await startServer(() => respond("just in time"), { kind, graceMs: 60_000 });
    // Each sends its packet when the loop has turned; by then the server closes.
    const answers = Array.from({ length: 50 }, async () => (await ask(server.address)).body);
    const closing = server.server.close();
    t.deepEqual(
      await Promise.all(answers),
      answers.map(() => "just in time"),
    );
    await closing;
  });
}

test.serial("what is still in the queue is left when the server is told to close at once", async (t) => {
  await using server = await startServer(() => respond("never"), { kind: "unix", graceMs: 60_000 });
  const answers = Array.from({ length: 50 }, () =>
    ask(server.address).then(
      ({ body }) => body,
      () => "",
    ),
  );
  await server.server.close({ behindQueue: false });
  t.false((await Promise.all(answers)).includes("never"));
});

test("a peer that does not close behind its answer holds up no close", async (t) => {
  await using server = await startServer(() => respond("answered"), { graceMs: 60_000 });
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await client.ending;
  const startedAt = performance.now();
  await server.server.close();
  t.true(performance.now() - startedAt < 10_000);
});

test("a drain hook may close the server itself: it is called once", async (t) => {
  let drains = 0;
  const server = new Server({
    plugins: [],
    lifecycle: {
      drain: () => {
        drains++;
        void server.close();
      },
    },
  });
  await server.close();
  t.is(drains, 1);
});

// Alone: it keeps the process busy, which others would take for slow peers.
test.serial("a busy server stops accepting when it closes, and nothing is served behind the stop hook", async (t) => {
  let isStopped = false;
  let lateCalls = 0;
  const server = new Server({
    plugins: [
      httpPlugin(() => {
        if (isStopped) lateCalls++;
        // Busy, so that a round of the loop takes its time.
        const until = performance.now() + 5;
        while (performance.now() < until);
        return respond("x");
      }),
    ],
    graceMs: 10_000,
    lifecycle: {
      stop: () => {
        isStopped = true;
      },
    },
  });
  await server.listen("127.0.0.1:0");
  const [address] = server.addresses;
  if (address === undefined) throw new Error("no address");
  let isAsking = true;
  const lanes = Array.from({ length: 8 }, async () => {
    // Until nobody listens any more.
    while (isAsking) await ask(address).catch(() => (isAsking = false));
  });
  await Promise.resolve();
  while (server.counts.exchanges < 20) await new Promise(setImmediate);
  const startedAt = performance.now();
  await server.close();
  t.true(performance.now() - startedAt < 5_000);
  await Promise.all(lanes);
  t.is(lateCalls, 0);
});

test("graceMs cuts what still runs; the signal says why, and close resolves", async (t) => {
  const begun = gate();
  const reason = gate<unknown>();
  await using server = await startServer(
    async ({ signal }) => {
      begun.open();
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      reason.open(signal.reason);
      return respond("");
    },
    { graceMs: 20 },
  );
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await begun.promise;
  await server.server.close();
  t.is(errorCode(await reason.promise), "UWSGI_SERVER_CLOSED");
  t.is((await client.ending).bytes.length, 0);
});

for (const [kind, length, outcome, unsignalled] of [
  ["tcp", [], "broken-off", 0],
  ["unix", [["Content-Length", "100"]], "broken-off", 0],
  ["unix", [], "unsignalled", 1],
] as const) {
  const about = length.length === 0 ? "without a length" : "with a length";
  test(`an answer ${about} that is cut by the closing server is reported as ${outcome}, ${kind}`, async (t) => {
    await using server = await startServer(
      ({ signal }) => {
        async function* body(): AsyncGenerator<string> {
          yield "half";
          await new Promise((_, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
          });
        }
        return respond(body(), { headers: length });
      },
      { kind, graceMs: 20 },
    );
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await client.until("half");
    await server.server.close();
    t.is((await client.ending).how, kind === "tcp" ? "ECONNRESET" : "end");
    t.like(await server.seen.errors.at(), { outcome, error: { code: "UWSGI_SERVER_CLOSED" } });
    t.like(await server.seen.ends.at(), { ending: outcome, status: 200 });
    t.is(server.server.counts.unsignalled, unsignalled);
  });
}

test("close resolves after graceMs although a handler ignores its signal", async (t) => {
  const begun = gate();
  const forever = gate();
  const server = await startServer(
    async () => {
      begun.open();
      await forever.promise;
      return respond("");
    },
    { graceMs: 20 },
  );
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await begun.promise;
  const closing = server.server.close().then(() => "closed");
  await client.ending;
  client.end();
  await client.closed;
  // Turns of the loop would be no measure: a fast machine takes hundreds of them in a millisecond.
  const late = delay(10_000, "still waiting", { ref: false });
  const outcome = await Promise.race([closing, late]);
  forever.open();
  await server[Symbol.asyncDispose]();
  t.is(outcome, "closed");
});

test("closing is idempotent: the same promise, whoever asks", async (t) => {
  await using running = await startServer(echo);
  const { server } = running;
  const closing = server.close();
  t.is(server.close(), closing);
  t.is(server[Symbol.asyncDispose](), closing);
  await closing;
  await server.closed;
});

test("a closed server does not listen again", async (t) => {
  using folder = tempFolder();
  await using running = await startServer(echo);
  const { server } = running;
  await server.close();
  await t.throwsAsync(server.listen(folder.file("s")), { code: "UWSGI_SERVER_CLOSED" });
  t.false(existsSync(folder.file("s")));
});

test("a server that closes while it begins to listen leaves nothing behind", async (t) => {
  using folder = tempFolder();
  const server = new Server({ plugins: [] });
  const listening = server.listen(folder.file("s"));
  await server.close();
  await t.throwsAsync(listening, { code: "UWSGI_SERVER_CLOSED" });
  t.false(existsSync(folder.file("s")));
});

test("two servers do not see each other's exchanges in what they report", async (t) => {
  await using first = await startServer(() => respond("1"));
  await using second = await startServer(() => respond("2"));
  await ask(second.address);
  await second.seen.ends.at();
  t.deepEqual(first.seen.ends.all, []);
});

test("many connections at once each get their own answer", async (t) => {
  await using server = await startServer(async ({ environ, body }) => {
    const first = await body.read();
    await new Promise(setImmediate);
    return respond(`${environ.PATH_INFO} ${Buffer.from(first ?? []).toString()}`);
  });
  const answers = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => await ask(server.address, post(`body ${i}`, { PATH_INFO: `/${i}` }))),
  );
  t.deepEqual(
    answers.map(({ body }) => body),
    Array.from({ length: 100 }, (_, i) => `/${i} body ${i}`),
  );
});

test("SERVER_PORT is the port of the listener where the packet has none, 0 on a unix socket", async (t) => {
  for (const kind of ["tcp", "unix"] as const) {
    await using server = await startServer(({ environ }) => respond(environ.SERVER_PORT), { kind });
    using client = await RawClient.connect(server.address);
    await client.send(get());
    const { bytes } = await client.ending;
    const port = server.address.kind === "tcp" ? server.address.port : 0;
    t.is(parseAnswer(bytes).body, String(port));
  }
});

test("a handler that returns no response is a 500 and its server still closes", async (t) => {
  for (const wrong of [null, undefined, "text", { status: 200, body: "no headers" }]) {
    const server = await startServer(() => wrong as unknown as AppResponse);
    {
      using client = await RawClient.connect(server.address);
      await client.send(get());
      const { bytes } = await client.ending;
      t.is(parseAnswer(bytes).status, 500, JSON.stringify(wrong));
    }
    t.like(await server.seen.errors.at(), { error: { code: "UWSGI_APP_CONTRACT" } });
    await server[Symbol.asyncDispose]();
  }
});

test("a plugin that fails behind its answer leaves nothing open", async (t) => {
  const server = await startServer(() => respond(""), {
    kind: "tcp",
    graceMs: 60_000,
    plugins: [
      {
        name: "late",
        modifier1: 9,
        answer: async (running) => {
          await running.write("answered");
          running.end();
          throw new Error("behind the answer");
        },
      },
    ],
  });
  using client = await RawClient.connect(server.address);
  await client.send(packetOf(new Uint8Array(0), 9));
  t.like(await server.seen.errors.at(), { error: { message: "behind the answer" } });
  await client.ending;
  client.end();
  await server[Symbol.asyncDispose]();
  t.pass();
});

test("an infinite grace cuts nobody", async (t) => {
  const begun = gate();
  const goOn = gate();
  const server = await startServer(
    async () => {
      begun.open();
      await goOn.promise;
      return respond("whole");
    },
    { graceMs: Number.POSITIVE_INFINITY },
  );
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await begun.promise;
  const closing = server.server.close();
  for (let i = 0; i < 50; i++) await new Promise(setImmediate);
  goOn.open();
  t.is(parseAnswer((await client.ending).bytes).body, "whole");
  client.end();
  await closing;
  await server[Symbol.asyncDispose]();
});

for (const [name, value] of [
  ["maxDatasize", Number.NaN],
  ["maxDatasize", 65_536],
  ["maxVars", -1],
  ["graceMs", -1],
  ["graceMs", 1.5],
  ["backlog", 0],
  ["mode", 0o10000],
] as const) {
  test(`${name}: ${value} is refused by the constructor, with what is allowed`, (t) => {
    const error = t.throws(() => new Server({ plugins: [], [name]: value }), {
      instanceOf: RangeError,
      code: "UWSGI_INVALID_ARGUMENT",
    });
    t.regex(
      error?.message ?? "",
      new RegExp(`^${name} is ${value}, allowed are whole numbers from \\d+ to \\d+(?:, and Infinity)?$`),
    );
  });
}

test("a plugin for a modifier1 that no packet can have is refused", (t) => {
  t.throws(() => new Server({ plugins: [{ name: "far", modifier1: 300, answer: () => {} }] }), {
    code: "UWSGI_INVALID_ARGUMENT",
    message: /modifier1 of plugin far is 300/,
  });
});

test("an address that is neither a string nor an Address is refused", async (t) => {
  const server = new Server({ plugins: [] });
  await t.throwsAsync(server.listen(3031 as unknown as string), { code: "UWSGI_INVALID_ADDRESS" });
});

for (const [what, bytes, message, byByte] of [
  [
    "HTTP",
    latin1("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    /modifier1 71 .*"GET \/ HTTP.*looks like HTTP/,
    /began with 47 45 54 20 .*"GET .*this looks like HTTP/,
  ],
  [
    "TLS",
    wire("16 03 01 02 00 01 00 01 fc 03 03"),
    /modifier1 22 .*this is TLS/,
    /began with 16 03 01 02 .*this is TLS/,
  ],
  [
    "a family that is not served",
    wire("ad ff ff 00"),
    /modifier1 173 is not served here, only 0; it began with ad ff ff 00/,
    /modifier1 173 is not served here, only 0; it began with ad ff ff 00/,
  ],
] as const) {
  for (const pieces of [[bytes], Array.from(bytes, (byte) => new Uint8Array([byte]))]) {
    test(`${what} is refused as soon as its first 4 bytes are there, in ${pieces.length} pieces`, async (t) => {
      await using server = await startServer(() => respond("never"));
      using client = await RawClient.connect(server.address);
      for (const piece of pieces) await client.send(piece).catch(() => {});
      const { error, status } = await server.seen.refused.at();
      t.is(status, 0);
      t.is(error.code, "UWSGI_MODIFIER_REFUSED");
      t.regex(error.message, pieces.length === 1 ? message : byByte);
      t.is((await client.ending).bytes.length, 0);
    });
  }
}

for (const pieces of [1, 2]) {
  test(`a request to a server that serves none is closed, not answered, in ${pieces} pieces`, async (t) => {
    using folder = tempFolder();
    const server = new Server({ plugins: [] });
    const seen = watch(server);
    await server.listen(folder.file("s"));
    using client = await RawClient.connect({ kind: "unix", path: folder.file("s") });
    const packet = get();
    if (pieces === 1) await client.send(packet);
    else await client.send(packet.subarray(0, 9));
    t.like(await seen.refused.at(), { status: 0, error: { code: "UWSGI_MODIFIER_REFUSED" } });
    t.is((await client.ending).bytes.length, 0);
    seen.stop();
    await server.close();
  });
}
