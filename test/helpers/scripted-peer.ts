/** A server that does what a test says, right or wrong. */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { tempFolder } from "./temp-folder.ts";
import type { TransportKind } from "./test-server.ts";

export class ScriptedPeer implements AsyncDisposable {
  /** A path, or `127.0.0.1:PORT`. */
  readonly address: string;
  /** All connections that came, in order. */
  readonly sockets: Socket[] = [];
  private readonly server: Server;
  private readonly end: () => void;

  private constructor(server: Server, address: string, end: () => void) {
    this.server = server;
    this.address = address;
    this.end = end;
    server.on("connection", (socket: Socket) => {
      this.sockets.push(socket);
      server.emit("seen");
    });
  }

  /** Listens; `play` is called for each connection, half-open ones as `net` has them. */
  static async start(play: (socket: Socket) => void, kind: TransportKind = "unix"): Promise<ScriptedPeer> {
    const folder = tempFolder();
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: false }, (socket) => {
      socket.on("error", () => {});
      play(socket);
    });
    if (kind === "unix") server.listen(folder.file("up.sock"));
    else server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const at = server.address();
    const address = typeof at === "object" && at !== null ? `127.0.0.1:${at.port}` : folder.file("up.sock");
    return new ScriptedPeer(server, address, () => folder[Symbol.dispose]());
  }

  /** The connection at `position`, waited for. */
  async at(position = 0): Promise<Socket> {
    for (;;) {
      const socket = this.sockets[position];
      if (socket !== undefined) return socket;
      await once(this.server, "seen");
    }
  }

  /** Settles when the client has closed every connection that came. */
  async allClosed(): Promise<void> {
    await Promise.all(this.sockets.map(closed));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    this.end();
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    socket.on("close", () => resolve());
    // A client that has gone has closed its side; one that waits has not.
    if (socket.readableEnded) socket.destroy();
    else socket.on("end", () => socket.destroy()).resume();
  });
}

/** Answers the first bytes that come with these, and closes. */
export function answerWith(...pieces: readonly (string | Uint8Array)[]): (socket: Socket) => void {
  return (socket) => {
    socket.resume();
    socket.once("data", () => {
      for (const piece of pieces) socket.write(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
      socket.end();
    });
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
