/** WebSocket, and refused upgrades, through our own bridge. */
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { nodeHandler, wsgi } from "../../../src/app/index.ts";
import { formatAddress } from "../../../src/connection/index.ts";
import { HttpBridge } from "../../../src/gateway/index.ts";
import type { DirectHandler, Handler } from "../../../src/handler/index.ts";
import { connectTo, rawAnswer, startBridge, startBridged, statusesIn } from "../../helpers/bridge.ts";
import { until } from "../../helpers/measure.ts";
import { noise } from "../../helpers/noise.ts";
import { RawClient } from "../../helpers/raw-client.ts";
import { packetReadingUpstream } from "../../helpers/packet-reading-upstream.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { gate, respond, startServer, type TestServer } from "../../helpers/test-server.ts";
import { wsServer } from "../../helpers/websocket-apps.ts";
import { ACCEPT, closed, converse, handshake, opened, talk, TEA } from "../../helpers/websocket-client.ts";

interface Bridged {
  readonly port: number;
  readonly behind: TestServer;
}

async function bridged(t: ExecutionContext, handler: Handler | DirectHandler): Promise<Bridged> {
  const behind = await startServer(handler);
  t.teardown(() => behind[Symbol.asyncDispose]());
  return { port: await bridgeTo(t, formatAddress(behind.address)), behind };
}

async function bridgeTo(t: ExecutionContext, to: string): Promise<number> {
  const bridge = await HttpBridge.listen({ to });
  t.teardown(() => bridge.close());
  return bridge.port;
}

test("messages go both ways, large ones too, and the connection is closed by a handshake", async (t) => {
  const { port } = await bridged(t, nodeHandler(wsServer()));
  const messages = [Buffer.from("tea"), noise(1_048_576)];
  const { answers, code } = await converse(port, messages);
  t.deepEqual(answers, messages);
  t.is(code, 1000);
});

test("a frame that comes with the handshake is the first message", async (t) => {
  const { port } = await bridged(t, nodeHandler(wsServer()));
  const answer = await talk(port, Buffer.concat([Buffer.from(handshake()), TEA]), (text) => text.endsWith("tea"));
  t.regex(answer, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  t.true(answer.includes(`Sec-WebSocket-Accept: ${ACCEPT}\r\n`));
});

test("a client that vanishes ends the connection behind the bridge", async (t) => {
  const gone = gate<number>();
  const { port, behind } = await bridged(
    t,
    nodeHandler(wsServer((socket) => void socket.once("close", (code) => gone.open(code)))),
  );
  (await opened(port)).terminate();
  t.is(await gone.promise, 1006);
  await until(() => behind.server.openConnections === 0, 10_000, "no connection is left");
});

test("an application that goes away ends the client's connection", async (t) => {
  const { port } = await bridged(t, nodeHandler(wsServer((socket) => socket.terminate())));
  t.is(await closed(await opened(port)), 1006);
});

test("a refused upgrade is the last answer on its connection", async (t) => {
  const { port } = await bridged(t, nodeHandler(wsServer()));
  const answer = await talk(port, handshake({ "Sec-WebSocket-Version": "12" }), () => false);
  t.regex(answer, /^HTTP\/1\.1 400 Bad Request\r\n[^]*\r\nConnection: close\r\n/);
});

test("an application that knows no upgrade answers as usual", async (t) => {
  const { port } = await bridged(
    t,
    wsgi((_, start) => {
      start("200 OK", []);
      return "plain";
    }),
  );
  t.regex(await talk(port, handshake()), /^HTTP\/1\.1 200 OK\r\nContent-Length: 5\r\n[^]*\r\n\r\nplain$/);
});

test("where nothing listens an upgrade is a 502", async (t) => {
  const port = await bridgeTo(t, join(folderOf(t), "nothing.sock"));
  t.regex(await talk(port, handshake()), /^HTTP\/1\.1 502 /);
});

test("an upgrade with a chunked body is refused", async (t) => {
  const { port, behind } = await bridged(t, nodeHandler(wsServer()));
  t.regex(await talk(port, `${handshake({ "Transfer-Encoding": "chunked" })}0\r\n\r\n`), /^HTTP\/1\.1 400 /);
  t.is(behind.server.counts.exchanges, 0);
});

test("an upgrade by a version of HTTP that the bridge does not speak is refused, as all of these are", async (t) => {
  const { port, behind } = await bridged(t, nodeHandler(wsServer()));
  t.regex(await talk(port, handshake().replace("HTTP/1.1", "HTTP/2.0")), /^HTTP\/1\.1 505 /);
  t.is(behind.server.counts.exchanges, 0);
});

test("a protocol that is not passed on is not offered to the application, and the request is one like any other", async (t) => {
  const { port, calls } = await startBridged(t, {}, async ({ body }) => {
    let text = "";
    for await (const chunk of body) text += Buffer.from(chunk).toString("latin1");
    return respond(`got ${text}`);
  });
  const request =
    "POST / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n" +
    "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nContent-Length: 5\r\n\r\nhello";
  const answer = await rawAnswer(port, request);
  t.regex(answer, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n[^]*\r\ngot hello$/);
  t.like(calls[0], { HTTP_UPGRADE: undefined, HTTP_CONNECTION: undefined, HTTP_HTTP2_SETTINGS: undefined });
});

test("a refused upgrade without a length is chunked: its end can be told from a break", async (t) => {
  async function* pieces(): AsyncGenerator<string, void> {
    yield "one";
    yield "two";
  }
  const { port } = await startBridged(t, {}, () => respond(pieces(), { status: 426 }));
  const answer = await rawAnswer(port, handshake());
  t.regex(answer, /^HTTP\/1\.1 426 [^]*Transfer-Encoding: chunked\r\n\r\n(?:[0-9a-f]+\r\n[a-z]+\r\n)+0\r\n\r\n$/);
});

test("a refused upgrade to HEAD has no body", async (t) => {
  const { port } = await startBridged(t, {}, () => respond("12345"));
  const answer = await rawAnswer(port, handshake({ Connection: "Upgrade, close" }).replace("GET ", "HEAD "));
  t.regex(answer, /^HTTP\/1\.1 200 OK\r\nContent-Length: 5\r\n[^]*\r\n\r\n$/);
});

test("an upgrade behind a request that is still answered is not read: that answer is the last", async (t) => {
  const held = gate();
  const { port, calls } = await startBridged(t, {}, async () => {
    await held.promise;
    return respond("first");
  });
  using client = await connectTo(port);
  void client.send(`GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\n${handshake()}`);
  await until(() => calls.length === 1, 5_000, "the first is asked");
  held.open();
  await client.ending;
  t.deepEqual(statusesIn(client.text), [200]);
  t.is(calls.length, 1);
});

/** An upstream that switches at once, and then does what `act` says. */
async function switching(t: ExecutionContext, act: (peer: Socket) => void): Promise<string> {
  const { socket } = await packetReadingUpstream(t, (peer, rest) => {
    peer.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    act(peer);
    if (rest.length > 0) peer.emit("data", rest);
  });
  return socket;
}

test("a client that reads nothing holds its upstream up, and fills no memory", async (t) => {
  let taken = 0;
  const to = await switching(t, (peer) => {
    const chunk = Buffer.alloc(65_536);
    const more = (): void => {
      while (taken < 256 * 1_048_576 && !peer.destroyed) {
        taken += chunk.length;
        if (!peer.write(chunk)) break;
      }
    };
    peer.on("drain", more);
    more();
  });
  const { port, seen } = await startBridge(t, { to, writeTimeoutMs: 500 });
  using client = await RawClient.connect({ kind: "tcp", host: "127.0.0.1", port }, { reads: false });
  void client.send(handshake());
  // It is cut off in the end: nobody holds a connection for ever by not reading.
  t.is((await seen.ends.at()).ending, "peer-gone");
  t.true(taken < 64 * 1_048_576, `${taken} bytes were taken`);
});

test("an upstream that reads nothing holds its client up", async (t) => {
  const to = await switching(t, (peer) => void peer.pause());
  const { port, bridge } = await startBridge(t, { to });
  using client = await connectTo(port);
  void client.send(handshake());
  await client.until("101 ");
  const chunk = Buffer.alloc(65_536);
  let sent = 0;
  while (client.socket.writableLength < 4 * chunk.length && sent < 256 * 1_048_576) {
    client.socket.write(chunk);
    sent += chunk.length;
    await new Promise(setImmediate);
  }
  t.true(sent < 64 * 1_048_576, `${sent} bytes were taken`);
  t.is(bridge.openConnections, 1);
});

test("what a client has sent before it closes its side still arrives", async (t) => {
  const received: Buffer[] = [];
  const over = gate();
  const to = await switching(t, (peer) => {
    peer.on("data", (chunk: Buffer) => received.push(chunk));
    peer.on("close", () => over.open());
  });
  const { port } = await startBridge(t, { to });
  using client = await connectTo(port);
  void client.send(handshake());
  await client.until("101 ");
  const body = noise(1_000_000);
  void client.send(body);
  client.end();
  await over.promise;
  t.true(Buffer.concat(received).equals(body));
});

test("a connection that is silent is left alone, whatever the deadlines of requests are", async (t) => {
  const to = await switching(t, (peer) => peer.on("data", (chunk) => peer.write(chunk)));
  const { port } = await startBridge(t, {
    to,
    headTimeoutMs: 200,
    keepAliveTimeoutMs: 200,
    bodyTimeoutMs: 200,
    timeouts: { bodyMs: 200, responseMs: 200 },
  });
  using client = await connectTo(port);
  void client.send(handshake());
  await client.until("101 ");
  // Several looks at the clock go by.
  await delay(1_000);
  void client.send("still there");
  await client.until("still there");
  t.pass();
});

test("an open WebSocket is waited for at the end, and cut when its grace is over", async (t) => {
  const { port, behind } = await bridged(t, nodeHandler(wsServer()));
  t.true(port > 0);
  const started = await startBridge(t, { to: formatAddress(behind.address), graceMs: 300 });
  const socket = await opened(started.port);
  const end = closed(socket);
  const startedAt = performance.now();
  await started.bridge.close();
  t.is(await end, 1006);
  t.true(performance.now() - startedAt >= 290);
});

test("other protocols pass where they are named", async (t) => {
  const to = await switching(t, (peer) => peer.on("data", (chunk) => peer.write(chunk)));
  const { port } = await startBridge(t, { to, upgrades: ["raw"] });
  using client = await connectTo(port);
  void client.send(handshake({ Upgrade: "Raw" }));
  await client.until("101 ");
  void client.send("hello");
  await client.until("hello");
  t.pass();
});
