/** WebSocket, and other protocols behind an upgrade, through a real nginx. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { nodeHandler } from "../../src/app/index.ts";
import { until } from "../helpers/measure.ts";
import { needs } from "../helpers/needs.ts";
import { bothWays, startHandlerStack } from "../helpers/nginx-stack.ts";
import { noise } from "../helpers/noise.ts";
import { send } from "../helpers/http-client.ts";
import { gate } from "../helpers/test-server.ts";
import { echoHandlers, rawServer, wsServer } from "../helpers/websocket-apps.ts";
import { ACCEPT, closed, handshake, nextMessage, opened, talk, TEA } from "../helpers/websocket-client.ts";

const nginxTest = needs("nginx").serial;

for (const over of bothWays) {
  for (const name of Object.keys(echoHandlers())) {
    nginxTest(
      `${name}: messages go both ways, and the connection is closed by a handshake, over ${over}`,
      async (t) => {
        await using stack = await startHandlerStack(echoHandlers()[name] as never, { over });
        const socket = await opened(stack.port);
        for (const text of ["tea", "more tea"]) {
          const answer = nextMessage(socket);
          socket.send(text);
          t.is((await answer).toString(), text);
        }
        const closing = closed(socket);
        socket.close(1000);
        t.is(await closing, 1000);
        t.like(await stack.behind.seen.ends.at(), { status: 101, ending: "complete" });
        t.deepEqual(stack.behind.seen.errors.all, []);
      },
    );

    nginxTest(`${name}: a frame that comes with the handshake is the first message, over ${over}`, async (t) => {
      await using stack = await startHandlerStack(echoHandlers()[name] as never, { over });
      const answer = await talk(stack.port, Buffer.concat([Buffer.from(handshake()), TEA]), (text) =>
        text.endsWith("\u0081\u0003tea"),
      );
      t.regex(answer, /^HTTP\/1\.1 101 /);
      t.true(answer.includes(ACCEPT));
      t.true(answer.endsWith("\r\n\r\n\u0081\u0003tea"));
    });

    nginxTest(`${name}: a Connection that says keep-alive too is an upgrade, over ${over}`, async (t) => {
      await using stack = await startHandlerStack(echoHandlers()[name] as never, { over });
      const answer = await talk(stack.port, handshake({ Connection: "keep-alive, Upgrade" }), (text) =>
        text.endsWith("\r\n\r\n"),
      );
      t.regex(answer, /^HTTP\/1\.1 101 /);
    });
  }

  nginxTest(`messages of 1 MB arrive as they were sent, both ways, over ${over}`, async (t) => {
    await using stack = await startHandlerStack(nodeHandler(wsServer()), { over });
    const socket = await opened(stack.port);
    const large = noise(1_048_576);
    for (let round = 0; round < 3; round++) {
      const answer = nextMessage(socket);
      socket.send(large);
      t.true(large.equals(await answer));
    }
    socket.close();
    await closed(socket);
  });

  nginxTest(`a ping is answered by a pong, from both sides, over ${over}`, async (t) => {
    const ponged = gate<string>();
    await using stack = await startHandlerStack(
      nodeHandler(
        wsServer((socket) => {
          socket.ping("from the server");
          socket.once("pong", (data) => ponged.open(data.toString()));
        }),
      ),
      { over },
    );
    const socket = await opened(stack.port);
    socket.ping("from the client");
    const [data] = (await once(socket, "pong")) as [Buffer];
    t.deepEqual([data.toString(), await ponged.promise], ["from the client", "from the server"]);
    socket.terminate();
  });

  nginxTest(`the server's code and reason of a close arrive, over ${over}`, async (t) => {
    await using stack = await startHandlerStack(nodeHandler(wsServer((socket) => socket.close(4_000, "enough"))), {
      over,
    });
    const socket = new WebSocket(`ws://127.0.0.1:${stack.port}/`);
    const [code, reason] = (await once(socket, "close")) as [number, Buffer];
    t.deepEqual([code, reason.toString()], [4_000, "enough"]);
  });

  nginxTest(`a client that vanishes is a close without a code, and nothing is left, over ${over}`, async (t) => {
    const gone = gate<number>();
    await using stack = await startHandlerStack(
      nodeHandler(wsServer((socket) => void socket.once("close", (code) => gone.open(code)))),
      { over },
    );
    const socket = await opened(stack.port);
    socket.terminate();
    t.is(await gone.promise, 1006);
    await until(() => stack.behind.server.openConnections === 0, 10_000, "no connection is left");
    t.like(await stack.behind.seen.ends.at(), { status: 101 });
    t.deepEqual(stack.behind.seen.errors.all, []);
  });

  nginxTest(
    `a server that closes cuts what does not end by itself, and its clients see it, over ${over}`,
    async (t) => {
      await using stack = await startHandlerStack(nodeHandler(wsServer()), { over, graceMs: 100 });
      const socket = await opened(stack.port);
      const closing = closed(socket);
      await stack.behind.server.close();
      t.is(await closing, 1006);
    },
  );

  nginxTest(`a protocol of raw bytes goes on behind Node's event upgrade, over ${over}`, async (t) => {
    await using stack = await startHandlerStack(nodeHandler(rawServer()), { over });
    const answer = await talk(stack.port, `${handshake({ Upgrade: "raw" })}raw bytes`, (text) =>
      text.endsWith("raw bytes"),
    );
    t.regex(answer, /^HTTP\/1\.1 101 [^]*Upgrade: raw\r\n\r\nraw bytes$/);
  });

  nginxTest(`what asks for no upgrade is answered as usual by the same server, over ${over}`, async (t) => {
    await using stack = await startHandlerStack(nodeHandler(wsServer()), { over });
    t.is((await send({ port: stack.port, path: "/" })).body.toString(), "plain");
  });

  for (const [about, headers] of [
    ["a wrong version", { "Sec-WebSocket-Version": "12" }],
    ["no key", { "Sec-WebSocket-Key": "" }],
    ["a client that is not let in", { Authorization: "none" }],
    ["another protocol", { Upgrade: "raw" }],
  ] as const) {
    nginxTest(`a handshake of ${about} is refused as on node:http, over ${over}`, async (t) => {
      const server = wsServer();
      const plain = await listening(server);
      await using stack = await startHandlerStack(nodeHandler(wsServer()), { over });
      const [expected, answer] = await Promise.all(
        [plain, stack.port].map(async (port) => statusAndBody(await talk(port, handshake(headers)))),
      );
      server.close();
      t.deepEqual(answer, expected);
      t.not(answer?.[0], 101);
      t.like(await stack.behind.seen.ends.at(), { status: answer?.[0] });
    });
  }
}

function statusAndBody(text: string): [status: number, body: string | undefined] {
  return [Number(text.split(" ")[1]), text.split("\r\n\r\n")[1]];
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
