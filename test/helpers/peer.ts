/** A server that answers with given bytes, or misbehaves in another way; by `node:net`, with no code of the package. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

export interface Peer extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
  /** All that came, a buffer for each connection. */
  readonly received: Buffer[];
}

/** Listens on loopback; `answer` is called with each connection once its first bytes are there. */
export async function startPeer(answer: (socket: Socket) => void): Promise<Peer> {
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    const n = received.push(Buffer.alloc(0)) - 1;
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes) => {
      received[n] = Buffer.concat([received[n] ?? Buffer.alloc(0), bytes]);
    });
    socket.once("data", () => answer(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
