/** The transport over a `net.Socket`: on every platform and every version of Node. */
import type { Socket } from "node:net";
import { formatAddress } from "./address.ts";
import type { Transport, TransportUser } from "./transport.ts";

/** The peer of a socket for logs; `name` stands for it where the socket knows no address: on unix sockets. */
export function peerOf({ remoteAddress: host, remotePort: port = 0 }: Socket, name: string): string {
  return host === undefined ? name : formatAddress({ kind: "tcp", host, port });
}

/** Wraps a socket that was made with `allowHalfOpen`. */
export class NetTransport implements Transport {
  readonly peer: string;
  readonly localPort: number;
  readonly lendsReads = false;
  private readonly socket: Socket;
  /** What the system knows: the socket itself, or the one that carries its TLS. */
  private readonly carrier: Socket;
  private readonly isTcp: boolean;
  private cause: Error | undefined;

  /** `name`: see `peerOf`. `carrier`: the socket beneath a TLS one, which alone can be reset. */
  constructor(socket: Socket, name: string, carrier: Socket = socket) {
    this.socket = socket;
    this.carrier = carrier;
    this.isTcp = carrier.remoteAddress !== undefined;
    this.peer = peerOf(carrier, name);
    this.localPort = carrier.localPort ?? 0;
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
    // Under TLS the end would do for nginx, which takes it for a normal one even without close_notify.
    if (this.isTcp) this.carrier.resetAndDestroy();
    else this.socket.destroy();
    return this.isTcp;
  }
}
