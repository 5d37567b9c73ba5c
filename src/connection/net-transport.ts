/** The transport over a `net.Socket`: on every platform and every version of Node. */
import type { Socket } from "node:net";
import type { Transport, TransportUser } from "./transport.ts";

/** Wraps a socket that was made with `allowHalfOpen`. */
export class NetTransport implements Transport {
  readonly peer: string;
  readonly lendsReads = false;
  private readonly socket: Socket;
  private readonly isTcp: boolean;
  private cause: Error | undefined;

  /** `name` stands for the peer where the socket knows no address: on unix sockets. */
  constructor(socket: Socket, name: string) {
    this.socket = socket;
    this.isTcp = socket.remoteAddress !== undefined;
    this.peer = this.isTcp ? `${socket.remoteAddress}:${socket.remotePort}` : name;
    socket.on("error", (error) => {
      this.cause = error;
    });
  }

  attach(user: TransportUser): void {
    this.socket
      .on("data", (bytes: Buffer) => {
        user.onRead(bytes);
      })
      .on("end", () => {
        user.onEnd();
      })
      .on("drain", () => {
        user.onDrain();
      })
      .on("finish", () => {
        user.onFinish();
      })
      .on("close", () => {
        user.onClose(this.cause);
      });
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  write(chunk: Uint8Array | string): boolean {
    return typeof chunk === "string" ? this.socket.write(chunk, "latin1") : this.socket.write(chunk);
  }

  cork(): void {
    this.socket.cork();
  }

  uncork(): void {
    this.socket.uncork();
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  reset(): boolean {
    // `resetAndDestroy` ends the stream in order before it resets: the peer may see that end, and take the
    // answer for whole. What it sets for the later reset, set here, makes `destroy` a reset at once. (A
    // unix socket has no reset, and no front end would see one.)
    if (this.isTcp) (this.socket as { resetAndClosing?: boolean }).resetAndClosing = true;
    this.socket.destroy();
    return this.isTcp;
  }
}
