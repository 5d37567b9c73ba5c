/** The transport over a `net.Socket`: on every platform and every version of Node. */
import type { Socket } from "node:net";
import { formatAddress } from "./address.ts";
import type { Transport, TransportUser } from "./transport.ts";

/** Wraps a socket that was made with `allowHalfOpen`. */
export class NetTransport implements Transport {
  readonly peer: string;
  readonly localPort: number;
  readonly lendsReads = false;
  private readonly socket: Socket;
  private readonly isTcp: boolean;
  private cause: Error | undefined;

  /** `name` stands for the peer where the socket knows no address: on unix sockets. */
  constructor(socket: Socket, name: string) {
    this.socket = socket;
    const { remoteAddress: host, remotePort: port = 0 } = socket;
    this.isTcp = host !== undefined;
    this.peer = host === undefined ? name : formatAddress({ kind: "tcp", host, port });
    this.localPort = socket.localPort ?? 0;
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
    // On a unix socket Node answers ERR_INVALID_HANDLE_TYPE, and no front end would see the reset.
    if (this.isTcp) this.socket.resetAndDestroy();
    else this.socket.destroy();
    return this.isTcp;
  }
}
