/** Applications that go on as WebSocket, or as another protocol, by each interface. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { fetchHandler, nodeHandler, wsgi } from "../../src/app/index.ts";
import type { DirectHandler, Handler } from "../../src/handler/index.ts";

/** RFC 6455 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** What a client may send in one message. */
const MAX_PAYLOAD = 4 * 1_048_576;

/** A server of Node's that answers, besides upgrades, `plain`. */
function plainServer(): Server {
  return createServer((_, res) => res.end("plain"));
}

/** Says everything back. */
export function echo(socket: WebSocket): void {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
}

/** The package ws as most use it, by `{ server }`. */
export function wsServer(onConnection: (socket: WebSocket, req: IncomingMessage) => void = echo): Server {
  const server = plainServer();
  const sockets = new WebSocketServer({
    server,
    maxPayload: MAX_PAYLOAD,
    verifyClient: ({ req }, answer) => answer(req.headers.authorization !== "none", 401, "Unauthorized"),
  });
  sockets.on("connection", onConnection);
  return server;
}

/** The package ws by `{ noServer }`, behind the server's own event. */
export function wsNoServer(): Server {
  const server = plainServer();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD });
  server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.handleUpgrade(req, socket, head, echo);
  });
  return server;
}

/** Node's event `upgrade`, and a protocol of raw bytes. */
export function rawServer(): Server {
  const server = plainServer();
  server.on("upgrade", (_: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.write(switching("raw"));
    socket.write(head);
    socket.pipe(socket);
  });
  return server;
}

function switching(protocol: string, more = ""): string {
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${protocol}\r\nConnection: Upgrade\r\n${more}\r\n`;
}

/** Answers the handshake of RFC 6455 on a stream, and says all frames back as they are, but unmasked. */
function acceptOn(stream: Duplex, key: unknown): void {
  const accept = createHash("sha1")
    .update(`${String(key)}${GUID}`)
    .digest("base64");
  stream.write(switching("websocket", `Sec-WebSocket-Accept: ${accept}\r\n`));
  let pending: Buffer = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let frame = readFrame(pending); frame !== undefined; frame = readFrame(pending)) {
      stream.write(frame.unmasked);
      pending = pending.subarray(frame.bytes);
      // RFC 6455 5.5.1: behind a close there is nothing.
      if (frame.opcode === 8) stream.end();
    }
  });
}

/** A masked frame of at most 125 bytes, when it is there as a whole. */
function readFrame(
  bytes: Buffer,
): { readonly opcode: number; readonly unmasked: Buffer; readonly bytes: number } | undefined {
  const [first = 0, second = 0] = bytes;
  const length = second & 0x7f;
  if (bytes.length < 6 + length) return undefined;
  const mask = bytes.subarray(2, 6);
  const payload = bytes.subarray(6, 6 + length).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  return {
    opcode: first & 0x0f,
    unmasked: Buffer.concat([Buffer.from([first, length]), payload]),
    bytes: 6 + length,
  };
}

/** WebSocket servers that echo, by the name of what they are made with. */
export function echoHandlers(): Readonly<Record<string, Handler | DirectHandler>> {
  return {
    "ws with { server }": nodeHandler(wsServer()),
    "ws with { noServer }": nodeHandler(wsNoServer()),
    "a gateway application's upgrade": wsgi((environ) => {
      acceptOn(environ["uisge.request"].upgrade() as unknown as Duplex, environ["HTTP_SEC_WEBSOCKET_KEY"]);
      return undefined;
    }),
    "a fetch application's upgrade": fetchHandler((request, env) => {
      acceptOn(env.upgrade() as unknown as Duplex, request.headers.get("sec-websocket-key"));
      return new Response();
    }),
  };
}
