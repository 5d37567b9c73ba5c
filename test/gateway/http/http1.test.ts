/** HTTP/1 at the edge: framing, deadlines, the order of answers, the end of connections. */
import { once } from "node:events";
import { randomBytes } from "node:crypto";
import test from "ava";
import type { AppRequest, AppResponse } from "../../../src/handler/index.ts";
import { until } from "../../helpers/measure.ts";
import { connectTo, rawAnswer, startBridge, startBridged, statusesIn } from "../../helpers/bridge.ts";
import { open, send } from "../../helpers/http-client.ts";
import { answering, packetReadingUpstream } from "../../helpers/packet-reading-upstream.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { gate, respond } from "../../helpers/test-server.ts";

const HOST = "Host: a.test\r\n";
const get = (path: string, headers = ""): string => `GET ${path} HTTP/1.1\r\n${HOST}${headers}\r\n`;

/** A handler that says the path, and the length of the body that it has read. */
async function say({ environ, body }: AppRequest): Promise<AppResponse> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return respond(`${environ.PATH_INFO} ${bytes}\n`);
}

/** A handler that answers nothing, and ends when it is let go. */
async function untilGone({ signal }: AppRequest): Promise<AppResponse> {
  await once(signal, "abort");
  return respond("");
}

test("a connection is kept alive, and answers one request after the other", async (t) => {
  const { port, calls } = await startBridged(t, {}, say);
  using client = await connectTo(port);
  for (const path of ["/1", "/2", "/3"]) {
    void client.send(get(path));
    await client.until(`${path} 0\n`);
  }
  t.is(calls.length, 3);
});

test("pipelined requests are passed on one after the other, and answered in order", async (t) => {
  const first = gate();
  let running = 0;
  let most = 0;
  const { port, calls } = await startBridged(t, {}, async ({ environ }) => {
    most = Math.max(most, ++running);
    if (environ.PATH_INFO === "/1") await first.promise;
    running--;
    return respond(`${environ.PATH_INFO}\n`);
  });
  using client = await connectTo(port);
  void client.send(get("/1") + get("/2") + get("/3", "Connection: close\r\n"));
  await until(() => calls.length === 1, 5_000, "the first is asked");
  first.open();
  await client.ending;
  t.is(most, 1);
  t.deepEqual(client.text.match(/^\/\d$/gm), ["/1", "/2", "/3"]);
});

test("who sends requests without end while one is answered is cut off", async (t) => {
  const { port, calls } = await startBridged(t, {}, () => new Promise(() => {}));
  using client = await connectTo(port);
  void client.send(get("/").repeat(200));
  await client.ending;
  t.true(calls.length <= 1);
});

test("what waits behind the request of a client that goes is not passed on", async (t) => {
  const { port, calls, bridge, seen } = await startBridged(t, {}, (request) =>
    request.environ.PATH_INFO === "/last" ? say(request) : untilGone(request),
  );
  const client = await connectTo(port);
  await client.send(get("/1") + get("/2") + get("/3"));
  await until(() => calls.length === 1, 5_000, "the first is asked");
  client.destroy();
  t.is((await seen.ends.at()).ending, "peer-gone");
  t.is((await send({ port, path: "/last" })).status, 200);
  await bridge.close();
  t.deepEqual(
    calls.map(({ PATH_INFO }) => PATH_INFO),
    ["/1", "/last"],
  );
});

test("what comes behind a sound request and is no HTTP does not take its answer away", async (t) => {
  const { port, calls } = await startBridged(t, {}, say);
  const answer = await rawAnswer(port, `${get("/1")}\x00\x01garbage\r\n\r\n`);
  t.true(answer.includes("/1 0\n"));
  t.is(calls.length, 1);
});

test("what is no HTTP is a 400, and reported", async (t) => {
  const { port, seen } = await startBridged(t);
  t.deepEqual(statusesIn(await rawAnswer(port, "\x16\x03\x01 a TLS handshake\r\n\r\n")), [400]);
  t.like(await seen.refused.at(), { status: 400, error: { code: "UWSGI_BAD_HTTP" } });
});

test("HTTP/1.0 gets its answer without chunks, and the end of the connection", async (t) => {
  const { port } = await startBridged(t, {}, () =>
    respond(
      (async function* () {
        yield "a";
        yield "b";
      })(),
    ),
  );
  const answer = await rawAnswer(port, "GET / HTTP/1.0\r\n\r\n");
  t.false(/transfer-encoding/i.test(answer));
  t.true(answer.endsWith("\r\n\r\nab"));
});

test("a connection ends after as many requests as it may have", async (t) => {
  const { port } = await startBridged(t, { maxRequestsPerConnection: 2 }, say);
  const answer = await rawAnswer(port, get("/1") + get("/2"));
  t.is(answer.match(/^Connection: close\r$/gim)?.length, 1);
});

test("100 Continue comes when the body is wanted, and not before", async (t) => {
  const wanted = gate();
  const { port } = await startBridged(t, {}, async (request) => {
    await wanted.promise;
    return say(request);
  });
  using client = await connectTo(port);
  void client.send(`POST /x HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`);
  await client.until("100 Continue\r\n\r\n");
  void client.send("hello");
  wanted.open();
  await client.until("/x 5\n");
  t.deepEqual(statusesIn(client.text), [100, 200]);
});

for (const [about, headers, status] of [
  ["too long by its length", "Content-Length: 11\r\n", 413],
  ["of a header that is refused", "X_A: 1\r\nContent-Length: 5\r\n", 400],
] as const) {
  test(`a body ${about} is refused unread, and not asked for`, async (t) => {
    const { port, calls } = await startBridged(t, { maxBodyBytes: 10 }, say);
    using client = await connectTo(port);
    void client.send(`POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\n${headers}\r\n`);
    await client.ending;
    t.deepEqual(statusesIn(client.text), [status]);
    t.regex(client.text, /^Connection: close\r$/im);
    t.is(calls.length, 0);
  });
}

test("an Expect that nobody can meet is a 417", async (t) => {
  const { port, calls } = await startBridged(t);
  t.deepEqual(statusesIn(await rawAnswer(port, get("/", "Expect: tea\r\nConnection: close\r\n"))), [417]);
  t.is(calls.length, 0);
});

test("where the upstream is not there the body is not asked for", async (t) => {
  const { port } = await startBridge(t, { to: `${folderOf(t)}/nobody` });
  using client = await connectTo(port);
  void client.send(`POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`);
  await client.ending;
  t.deepEqual(statusesIn(client.text), [502]);
});

for (const [method, target] of [
  ["TRACE", "/"],
  ["CONNECT", "a.test:80"],
] as const) {
  test(`${method} is a 405 and is not passed on`, async (t) => {
    const { port, calls } = await startBridged(t);
    const answer = await rawAnswer(port, `${method} ${target} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    t.deepEqual(statusesIn(answer), [405]);
    t.regex(answer, /^Allow: /m);
    t.is(calls.length, 0);
  });
}

test("headers above the limit are a 431, said by the bridge", async (t) => {
  const { port, seen } = await startBridged(t, { maxHeadBytes: 2_000 });
  t.deepEqual(statusesIn(await rawAnswer(port, get("/", `X: ${"a".repeat(3_000)}\r\n`))), [431]);
  t.like((await seen.refused.at()).error, { code: "UWSGI_VARS_LIMIT" });
});

test("an early answer arrives whole although the upload goes on, and the connection goes on with it", async (t) => {
  const upstream = await packetReadingUpstream(t, answering("early"));
  const { port } = await startBridge(t, { to: upstream.socket });
  using client = await connectTo(port);
  const body = randomBytes(4_000_000);
  void client.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n`, body, get("/next"));
  await until(() => statusesIn(client.text).length === 2, 10_000, "both answers");
  t.is(client.text.match(/early/g)?.length, 2);
});

test("an early answer arrives whole on a connection that ends with it, too", async (t) => {
  const upstream = await packetReadingUpstream(t, answering("e".repeat(500_000)));
  const { port } = await startBridge(t, { to: upstream.socket });
  for (let i = 0; i < 5; i++) {
    const answer = await send({ port, method: "POST", body: randomBytes(4_000_000) });
    t.is(answer.body.length, 500_000);
  }
});

test("a large upload refused by its length gets its answer, not a reset", async (t) => {
  const { port } = await startBridged(t, { maxBodyBytes: 10 });
  for (let i = 0; i < 5; i++) t.is((await send({ port, method: "POST", body: randomBytes(4_000_000) })).status, 413);
});

test("a head that does not come in time is a 408", async (t) => {
  const { port, seen } = await startBridged(t, { headTimeoutMs: 200 });
  t.deepEqual(statusesIn(await rawAnswer(port, "GET / HT")), [408]);
  t.like((await seen.refused.at()).error, { code: "UWSGI_HEADER_TIMEOUT" });
});

test("so is one that comes bit by bit behind an answered request", async (t) => {
  const { port } = await startBridged(t, { headTimeoutMs: 400 }, say);
  using client = await connectTo(port);
  void client.send(get("/1"));
  await client.until("/1 0\n");
  void client.send("GET / HTTP/1.1\r\nX: ");
  const drip = setInterval(() => void client.send("a"), 50);
  await client.ending;
  clearInterval(drip);
  t.is(statusesIn(client.text).at(-1), 408);
});

test("a connection without a request is closed in time, without a word", async (t) => {
  const { port } = await startBridged(t, { keepAliveTimeoutMs: 300 }, say);
  using client = await connectTo(port);
  void client.send(get("/1"));
  await client.ending;
  t.deepEqual(statusesIn(client.text), [200]);
});

for (const [framing, beginning] of [
  ["Content-Length: 10", "hello"],
  ["Transfer-Encoding: chunked", "5\r\nhello\r\n"],
] as const) {
  test(`a body that stops is a 408 (${framing}), and the upstream is let go`, async (t) => {
    const { port, behind, seen } = await startBridged(t, { bodyTimeoutMs: 200 }, say);
    using client = await connectTo(port);
    void client.send(`POST / HTTP/1.1\r\n${HOST}${framing}\r\n\r\n${beginning}`);
    await client.until("HTTP/1.1 408 ");
    t.like((await seen.refused.at()).error, { code: "UWSGI_BODY_TIMEOUT" });
    await until(() => behind.server.openConnections === 0, 5_000, "the upstream is let go");
  });
}

test("a client that takes nothing of its answer is cut off, and the upstream with it", async (t) => {
  const { port, behind, seen } = await startBridged(t, { writeTimeoutMs: 300 }, () =>
    respond(
      (async function* () {
        for (;;) yield Buffer.alloc(65_536);
      })(),
    ),
  );
  const message = await open({ port });
  message.pause();
  t.is((await seen.ends.at()).ending, "peer-gone");
  await until(() => behind.server.openConnections === 0, 5_000, "the upstream is let go");
  message.destroy();
});

test("a client that goes before its request was passed on costs nothing", async (t) => {
  const { port, calls, bridge } = await startBridged(t);
  const client = await connectTo(port);
  await client.send(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`);
  client.destroy();
  await until(() => bridge.openConnections === 0, 5_000, "it is forgotten");
  t.is(calls.length, 0);
});

test("for one connection too many an idle one is closed, and where there is none the new one", async (t) => {
  const { port, bridge, seen } = await startBridged(t, { maxConnections: 1 }, say);
  using idle = await connectTo(port);
  void idle.send(get("/1"));
  await idle.until("/1 0\n");
  using next = await connectTo(port);
  void next.send(get("/2"));
  await next.until("/2 0\n");
  await idle.ending;
  void next.send("GET /3 HTTP/1.1\r\n");
  t.is(bridge.openConnections, 1);
  void next.send(`${HOST}X: `);
  await until(() => bridge.openConnections === 1, 5_000, "one is open");
  const busy = gate();
  const slow = await startBridged(t, { maxConnections: 1 }, async () => {
    await busy.promise;
    return respond("late");
  });
  using first = await connectTo(slow.port);
  void first.send(get("/"));
  await until(() => slow.calls.length === 1, 5_000, "it is asked");
  using refused = await connectTo(slow.port);
  await refused.ending;
  busy.open();
  await first.until("late");
  t.like((await slow.seen.refused.at()).error, { code: "UWSGI_CONNECTIONS_LIMIT" });
  t.is(seen.refused.all.length, 0);
});

test("a request is logged as a server logs it: once, with its id, and what became of it", async (t) => {
  const { port, seen, behind } = await startBridged(t, {}, say);
  await send({ port, path: "/a?b=c", headers: [["X-Request-ID", "r-1"]] });
  const end = await seen.ends.at();
  t.like(end, { status: 200, ending: "complete", requestId: "r-1", bodyBytes: 5 });
  t.like(end.environ, { REQUEST_URI: "/a?b=c", REMOTE_ADDR: "127.0.0.1" });
  t.is(Object.getPrototypeOf(end.environ), null);
  t.is((await behind.seen.ends.at()).requestId, "r-1");
});

test("a request without an id, or with one that cannot be used, has the same in both logs", async (t) => {
  const { port, seen, behind } = await startBridged(t, {}, say);
  const ids: string[] = [];
  for (const [at, headers] of [[], [["X-Request-ID", 'a "b"']]].entries()) {
    await send({ port, headers: headers as [string, string][] });
    const { requestId } = await seen.ends.at(at);
    t.regex(requestId, /^[0-9a-f]{32}$/);
    t.is((await behind.seen.ends.at(at)).requestId, requestId);
    ids.push(requestId);
  }
  t.is(new Set(ids).size, 2);
});

test("a refused request is logged with what is known of it", async (t) => {
  const { port, seen, errors } = await startBridged(t);
  await send({ port, path: "/x", headers: [["X_A", "1"]] });
  t.like(await seen.refused.at(), { status: 400, error: { code: "UWSGI_BAD_REQUEST_HEADER" } });
  t.like((await seen.ends.at()).environ, { REQUEST_METHOD: "GET", REQUEST_URI: "/x", REMOTE_ADDR: "127.0.0.1" });
  t.deepEqual([errors, seen.errors.all], [[], []]);
});

test("a failure of the upstream is told to who listens, and to the client without its details", async (t) => {
  const path = `${folderOf(t)}/nobody.sock`;
  const { port, seen, errors } = await startBridge(t, { to: path });
  const answer = await send({ port, headers: [["Accept", "application/json"]] });
  t.like(JSON.parse(answer.body.toString()), { status: 502, message: "the upstream cannot be reached" });
  t.false(answer.body.includes("nobody"));
  t.like(await seen.errors.at(), { status: 502, outcome: "answered", error: { code: "UWSGI_CONNECT_FAILED" } });
  t.is(errors.length, 1);
});

test("T38: orders to a front end do not come through, unless that was asked for", async (t) => {
  const upstream = await packetReadingUpstream(t, (peer) =>
    peer.end("HTTP/1.1 200 OK\r\nX-Accel-Redirect: /etc/passwd\r\nX-Sendfile: /etc/passwd\r\nX-Ok: 1\r\n\r\n"),
  );
  const strict = await send({ port: (await startBridge(t, { to: upstream.socket })).port });
  t.deepEqual(
    [...strict.headers.keys()].filter((name) => name.startsWith("x-")),
    ["x-ok"],
  );
  const { port } = await startBridge(t, { to: upstream.socket, passFrontEndHeaders: true });
  t.deepEqual((await send({ port })).headers.get("x-accel-redirect"), ["/etc/passwd"]);
});

test("close() answers what runs, says that it was the last, and closes what is idle at once", async (t) => {
  const held = gate();
  const { port, bridge, calls } = await startBridged(t, { graceMs: 10_000 }, async (request) => {
    if (request.environ.PATH_INFO === "/slow") await held.promise;
    return say(request);
  });
  using idle = await connectTo(port);
  void idle.send(get("/1"));
  await idle.until("/1 0\n");
  using busy = await connectTo(port);
  void busy.send(get("/slow"));
  await until(() => calls.length === 2, 5_000, "it is asked");
  const closing = bridge.close();
  t.is(bridge.close(), closing);
  await idle.ending;
  await t.throwsAsync(connectTo(port), { code: "ECONNREFUSED" });
  held.open();
  await closing;
  await busy.ending;
  t.regex(busy.text, /^Connection: close\r$/im);
  t.true(busy.text.endsWith("/slow 0\n"));
});

test("close() cuts what is left after its grace, and lets the upstream go", async (t) => {
  const { port, bridge, behind, calls } = await startBridged(t, { graceMs: 100 }, untilGone);
  using client = await connectTo(port);
  void client.send(get("/"));
  await until(() => calls.length === 1, 5_000, "it is asked");
  await bridge.close();
  await client.ending;
  await until(() => behind.server.openConnections === 0, 5_000, "the upstream is let go");
  t.is(client.text, "");
});

test("modifiers go into the packet", async (t) => {
  const upstream = await packetReadingUpstream(t, answering());
  const { port } = await startBridge(t, { to: { send: () => Promise.reject(new Error("x")) } });
  t.is((await send({ port })).status, 502);
  const seenModifiers: unknown[] = [];
  const asked = await startBridge(t, {
    to: {
      send: ({ modifier1, modifier2 }) => {
        seenModifiers.push([modifier1, modifier2]);
        return Promise.reject(new Error("x"));
      },
    },
    modifier1: 5,
    modifier2: 1,
  });
  await send({ port: asked.port });
  t.deepEqual(seenModifiers, [[5, 1]]);
  t.is(upstream.connections, 0);
});

test("an upload without a length that is too long is refused while it comes", async (t) => {
  const { port, calls } = await startBridged(t, { maxBodyBytes: 100_000 }, say);
  using client = await connectTo(port);
  void client.send(`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`);
  const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
  for (let i = 0; i < 8 && !client.text.includes("413"); i++) await client.send(chunk);
  await client.until("HTTP/1.1 413 ");
  t.is(calls.length, 0);
});

test("where the folder for uploads is not there a large one is a 500, and a small one needs none", async (t) => {
  const { port, seen } = await startBridged(t, { spoolFolder: `${folderOf(t)}/missing` }, say);
  const body = (size: number) => [Buffer.alloc(size)];
  t.is((await send({ port, method: "POST", body: body(3_000_000) })).status, 500);
  t.like((await seen.errors.at()).error, { code: "ENOENT" });
  t.is((await send({ port, method: "POST", body: body(1_000) })).status, 200);
});

test("an answer is not ended before all of it has come, and a client sees each piece at once", async (t) => {
  const second = gate();
  const { port } = await startBridged(t, {}, () =>
    respond(
      (async function* () {
        yield "first";
        await second.promise;
        yield "second";
      })(),
    ),
  );
  const message = await open({ port });
  const [chunk] = (await once(message, "data")) as [Buffer];
  t.is(chunk.toString(), "first");
  second.open();
  t.is((await message.toArray()).join(""), "second");
});
