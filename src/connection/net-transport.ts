/** The transport over a `net.Socket`: on every platform and every version of Node. */
import type { Socket } from "node:net";
import { nameOfPeer } from "./peer-address.ts";
import { asBuffer, type Transport, type TransportUser } from "./transport.ts";

/** The peer of a socket for logs; `name` stands for it where the socket knows no address: on unix sockets. */
export function peerOf({ remoteAddress: host, remotePort: port = 0 }: Socket, name: string): string {
  return nameOfPeer(host === undefined ? undefined : { host, port }, name);
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
  private user: TransportUser | undefined;
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
      // A TLS socket that may be half open outlives its errors.
      socket.destroy();
    });
  }

  get unsentBytes(): number {
    // A large chunk counts as one in the stream until all of it has left.
    const { _handle: handle } = this.carrier as unknown as { _handle?: { writeQueueSize?: number } | null };
    return this.socket.writableLength + (handle?.writeQueueSize ?? 0);
  }

  attach(user: TransportUser): void {
    const isFirst = this.user === undefined;
    this.user = user;
    if (!isFirst) return;
    this.socket
      .on("data", (bytes: Buffer) => {
        this.user?.onRead(bytes);
      })
      .on("end", () => {
        // Node reports an end behind the error of a broken TLS record: bytes are missing, this is none.
        if (this.cause === undefined) this.user?.onEnd();
      })
      .on("drain", () => {
        this.user?.onDrain();
      })
      .on("finish", () => {
        this.user?.onFinish();
      })
      .on("close", () => {
        this.user?.onClose(this.cause);
      });
  }

  keep(bytes: Uint8Array): Buffer {
    return asBuffer(bytes);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  write(chunk: Uint8Array | string, next?: Uint8Array | string): boolean {
    if (next === undefined) return this.writeOne(chunk);
    this.socket.cork();
    this.writeOne(chunk);
    const hasRoom = this.writeOne(next);
    this.socket.uncork();
    return hasRoom;
  }

  end(): void {
    this.socket.end();
  }

  close(): boolean {
    // Beneath TLS the peer's own end is waited for: it may have to send one.
    if (this.carrier === this.socket) this.socket.destroySoon();
    else this.socket.end();
    return false;
  }

  destroy(): void {
    this.socket.destroy();
  }

  reset(): boolean {
    const isTls = this.carrier !== this.socket;
    if (isTls) breakTls(this.carrier);
    else if (this.isTcp) this.carrier.resetAndDestroy();
    // On a unix socket Node answers ERR_INVALID_HANDLE_TYPE, and no front end would see the reset.
    else this.carrier.destroy();
    return isTls || this.isTcp;
  }

  private writeOne(chunk: Uint8Array | string): boolean {
    return typeof chunk === "string" ? this.socket.write(chunk, "latin1") : this.socket.write(chunk);
  }
}

/**
 * A fatal alert in the clear, which nobody sends behind a handshake. nginx takes a reset under TLS for a normal
 * end, as it does an end without close_notify (`ngx_ssl_handle_recv`); a record that cannot be decrypted is an
 * error to it, and to everybody else.
 */
const BROKEN_RECORD: Uint8Array = Uint8Array.of(21, 3, 3, 0, 2, 2, 80);

/** For the peer to take what lies before the broken record; then it is closed without. */
const BREAK_MS = 5_000;

function breakTls(carrier: Socket): void {
  const timer = setTimeout(() => carrier.destroy(), BREAK_MS).unref();
  carrier.once("close", () => clearTimeout(timer));
  carrier.write(BROKEN_RECORD, () => carrier.destroy());
}
