/** Datagrams on loopback: who listens, and who sends. */
import { createSocket } from "node:dgram";
import { once } from "node:events";

export interface DatagramSink extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly all: readonly Buffer[];
  /** The datagram at `position`, waited for. */
  at(position: number): Promise<Buffer>;
}

/** Listens on a free port, or that one, and keeps what comes. */
export async function datagramSink(port = 0): Promise<DatagramSink> {
  const socket = createSocket("udp4");
  socket.bind(port, "127.0.0.1");
  await once(socket, "listening");
  const all: Buffer[] = [];
  socket.on("message", (bytes: Buffer) => all.push(bytes));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    all,
    at: async (position) => {
      while (all[position] === undefined) await once(socket, "message");
      return all[position];
    },
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
}

/** Sends datagrams to `127.0.0.1:PORT`, one after the other, from one socket. */
export async function sendDatagrams(to: string, datagrams: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket("udp4");
  const [host, port] = to.split(":");
  for (const bytes of datagrams) {
    await new Promise<void>((resolve, reject) => {
      socket.send(bytes, Number(port), host, (error) => (error instanceof Error ? reject(error) : resolve()));
    });
  }
  socket.close();
}

/** A UDP port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freeDatagramPort(): Promise<number> {
  await using sink = await datagramSink();
  return Number(sink.address.split(":")[1]);
}
