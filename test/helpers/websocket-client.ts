/** Clients for protocols behind an upgrade: the package ws, and raw bytes. */
import { once } from "node:events";
import { connect } from "node:net";
import { WebSocket } from "ws";

/** Of the handshake: RFC 6455 1.3. */
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** What a server answers that handshake. */
export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** A text frame of "tea", masked with zeros. */
export const TEA: Buffer = Buffer.from([0x81, 0x83, 0, 0, 0, 0, 0x74, 0x65, 0x61]);

/** The handshake of RFC 6455 as text, with other headers where `headers` has some. */
export function handshake(headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    Host: "localhost",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET /chat HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Sends bytes, and answers what has come, as latin-1, when `isEnough` says so or the connection ends. */
export async function talk(
  port: number,
  bytes: string | Buffer,
  isEnough: (text: string) => boolean = isWhole,
): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes);
  let text = "";
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString("latin1");
    if (isEnough(text)) break;
  }
  socket.destroy();
  return text;
}

/** True for an answer with all that its Content-Length announces. */
function isWhole(text: string): boolean {
  const [head = "", body] = text.split("\r\n\r\n");
  return body?.length === Number(/^content-length: ([0-9]+)$/im.exec(head)?.[1]);
}

/** A WebSocket that is open. */
export async function opened(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
  await once(socket, "open");
  return socket;
}

/** What comes as the next message. */
export async function nextMessage(socket: WebSocket): Promise<Buffer> {
  const [data] = (await once(socket, "message")) as [Buffer];
  return data;
}

/** The code of its close. */
export async function closed(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, "close")) as [number];
  return code;
}

/** Sends messages, one when the other has come back, and closes with 1000; answers what came back, and the code of the end. */
export async function converse(
  port: number,
  messages: readonly Buffer[],
): Promise<{ answers: Buffer[]; code: number }> {
  const socket = await opened(port);
  const answers: Buffer[] = [];
  for (const message of messages) {
    const answer = nextMessage(socket);
    socket.send(message);
    answers.push(await answer);
  }
  const closing = closed(socket);
  socket.close(1000);
  return { answers, code: await closing };
}
