/** A server that does as a test says with each connection, and what it has seen. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tempFolder } from "./temp-folder.ts";
import type { TransportKind } from "./test-server.ts";

export interface ScriptedUpstream extends AsyncDisposable {
  /** As rules have it. */
  readonly address: string;
  /** Connections so far. */
  readonly sockets: readonly Socket[];
  /** The connection at `position`, waited for. */
  at(position?: number): Promise<Socket>;
}

/** Starts one; `serve` is called with each connection, whose errors are nobody's business. */
export async function startUpstream(
  serve: (socket: Socket) => void,
  kind: TransportKind = "unix",
): Promise<ScriptedUpstream> {
  const folder = tempFolder();
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    sockets.push(socket);
    serve(socket);
    server.emit("seen");
  });
  if (kind === "unix") server.listen(folder.file("up.sock"));
  else server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: kind === "unix" ? folder.file("up.sock") : `127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    at: async (position = 0) => {
      for (;;) {
        const socket = sockets[position];
        if (socket !== undefined) return socket;
        await once(server, "seen");
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
      folder[Symbol.dispose]();
    },
  };
}

/** Reads all that comes until it is as long as asked; the rest is left. */
export async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < count) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) await once(socket, "readable");
    else {
      chunks.push(chunk);
      length += chunk.length;
    }
  }
  return Buffer.concat(chunks);
}
