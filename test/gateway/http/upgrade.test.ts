/** WebSocket, and refused upgrades, through our own bridge. */
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { nodeHandler, wsgi } from "../../../src/app/index.ts";
import { formatAddress } from "../../../src/connection/index.ts";
import { HttpBridge } from "../../../src/gateway/index.ts";
import type { DirectHandler, Handler } from "../../../src/handler/index.ts";
import { until } from "../../helpers/measure.ts";
import { noise } from "../../helpers/noise.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { gate, startServer, type TestServer } from "../../helpers/test-server.ts";
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
